import { describe, expect, it } from '@jest/globals'
import type { OomDump } from '#kernel/dump/oomDump.ts'
import { effectiveConstraint } from './effectiveConstraint.ts'

function dump(fields: Partial<OomDump>): OomDump {
  return { cgroup: {}, tasks: [], memoryLines: [], ...fields }
}

describe('effectiveConstraint', () => {
  it.each<[string, Partial<OomDump>, string | undefined, string | undefined]>([
    ['what was printed', { constraint: 'Cpuset' }, 'Out of memory', 'Cpuset'],
    ['Memcg where 5.2-rc printed NONE', { constraint: 'None' }, 'Memory cgroup out of memory', 'Memcg'],
    ['Memcg where only the cgroup says so', { constraint: 'None', cgroup: { oom: '/a' } }, undefined, 'Memcg'],
    ['None for the machine', { constraint: 'None', cgroup: { task: '/a' } }, 'Out of memory', 'None'],
    ['nothing where nothing was printed', { cgroup: { oom: '/a' } }, 'Memory cgroup out of memory', undefined],
  ])('is %s', (_case, fields, message, expected) => {
    expect(effectiveConstraint(dump(fields), message)).toBe(expected)
  })
})
