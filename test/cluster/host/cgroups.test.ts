import { describe, expect, it } from '@jest/globals'
import { parseCgroupHierarchies } from './cgroups.ts'

describe('parseCgroupHierarchies', () => {
  it('finds the v1 hierarchies and the v2 one beside them', () => {
    const mounts = [
      'tmpfs /sys/fs/cgroup tmpfs rw 0 0',
      'cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0',
      'cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0',
      '',
    ].join('\n')
    expect(parseCgroupHierarchies(mounts)).toEqual([
      { root: '/sys/fs/cgroup/memory', version: 1 },
      { root: '/sys/fs/cgroup/unified', version: 2 },
    ])
  })
})
