import { describe, expect, it } from '@jest/globals'
import { resolveScope } from './scope.ts'

const POD = '/kubepods/burstable/pod0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'

describe('resolveScope', () => {
  it.each([
    ['None', undefined, 'Node'],
    ['Cpuset', undefined, 'Cpuset'],
    ['MemoryPolicy', undefined, 'MemoryPolicy'],
    ['Memcg', `${POD}/${'ab'.repeat(32)}`, 'ContainerLimit'],
    ['Memcg', POD, 'PodLimit'],
    ['Memcg', '/kubepods/burstable', 'Kubepods'],
    ['Memcg', '/kubepods', 'Kubepods'],
    ['Memcg', '/system.slice/mysql.service', 'HostCgroup'],
    ['Memcg', undefined, 'Unknown'],
    [undefined, undefined, 'Unknown'],
  ] as const)('constraint %s and limit of %s is %s', (constraint, oomCgroup, scope) => {
    expect(resolveScope(constraint, oomCgroup)).toBe(scope)
  })
})
