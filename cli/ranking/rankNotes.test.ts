import { describe, expect, it } from '@jest/globals'
import { rankNotes } from './rankNotes.ts'
import type { ShownRanking } from './shownRanking.ts'

const GIB = 1_048_576
const ranking: ShownRanking = { scannedAt: '', processCount: 940, domain: { totalKib: 8 * GIB }, candidates: [] }
const notes = (fields: Partial<ShownRanking>): string[] => rankNotes({ ...ranking, ...fields })

describe('rankNotes', () => {
  it('says of what machine it is, and what its shares are of', () => {
    expect(notes({})).toEqual(['940 processes on this machine; FREES is of 8Gi, RAM and swap.'])
    expect(notes({ node: 'node-a', processCount: 1 })[0]).toMatch(/^1 process on node-a; /)
    expect(notes({ domain: undefined })[0]).toContain('how much memory that is of is not told here')
  })

  it.each([
    [
      'its own limit',
      { cgroupPath: '/a', limitCgroupPath: '/a', limitKib: GIB, usageKib: 1024, totalKib: GIB },
      'in cgroup /a, limit 1Gi, of which 1Mi are charged; FREES is of 1Gi.',
    ],
    [
      'its own limit, with swap',
      { cgroupPath: '/a', limitCgroupPath: '/a', limitKib: GIB, totalKib: 2 * GIB },
      'in cgroup /a, limit 1Gi; FREES is of 2Gi with swap.',
    ],
    [
      'an ancestor’s',
      { cgroupPath: '/a/b', limitCgroupPath: '/a', limitKib: GIB, totalKib: GIB },
      'has no limit of its own: that of /a, 1Gi, covers it, and all that is below there is in line with it',
    ],
    [
      'none',
      { cgroupPath: '/a', totalKib: 8 * GIB },
      'which no memory limit covers: they are in line when the memory of',
    ],
  ])('says of a cgroup which limit it meets: %s', (_whose, domain, words) => {
    expect(notes({ domain })[0]).toContain(words)
  })

  it('says who is never chosen', () => {
    const neverChosen = {
      init: true,
      kernelThreadCount: 1,
      protectedCount: 3,
      protectedCommands: ['sshd', 'x\x1b'],
      withoutMemoryCount: 2,
    }
    expect(notes({ neverChosen })[1]).toBe(
      'Never chosen: init, 1 kernel thread, 3 at -1000 (sshd, x\\x1b, …), 2 without memory of their own (ending, or ended).',
    )
    const nobody = {
      init: false,
      kernelThreadCount: 0,
      protectedCount: 0,
      protectedCommands: [],
      withoutMemoryCount: 0,
    }
    expect(notes({ neverChosen: nobody })).toHaveLength(1)
  })

  it('says first what makes the kernel choose otherwise', () => {
    expect(notes({ overruledBy: 'panicOnOom' })[1]).toMatch(/^vm\.panic_on_oom is set: .* panic\.$/)
    expect(notes({ overruledBy: 'oomKillAllocatingTask' })[1]).toMatch(/^vm\.oom_kill_allocating_task is set: who asks/)
  })

  it('says that a whole cgroup goes, and what was not seen', () => {
    const [, group, unseen] = notes({ groupKillPath: '/a', unseen: ['Not seen: limits.'] })
    expect(group).toMatch(/^memory\.oom\.group is set on \/a: with the first of this list/)
    expect(unseen).toBe('Not seen: limits.')
  })
})
