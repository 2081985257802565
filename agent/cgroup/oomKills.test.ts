import { describe, expect, it } from '@jest/globals'
import { FakeCgroups } from './fakeCgroups.testkit.ts'
import { readOomKills } from './oomKills.ts'

describe('readOomKills', () => {
  it.each([
    ['v1', '/c/memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n', 3],
    ['v2', '/c/memory.events.local', 'low 0\nhigh 0\nmax 12\noom 9\noom_kill 3\noom_group_kill 1\n', 3],
    ['a v1 that does not count', '/c/memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\n', undefined],
    ['a cgroup that is gone', '/d/memory.oom_control', 'oom_kill 3\n', undefined],
  ])('reads the cgroup’s own count: %s', (_version, path, text, kills) => {
    expect(readOomKills(new FakeCgroups({ [path]: text }), '/c')).toBe(kills)
  })
})
