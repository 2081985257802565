import { describe, expect, it } from '@jest/globals'
import type { KillEvent } from '#contract/killEvent.ts'
import { killEventOf } from '../testing/killEvents.ts'
import { lineVerdict } from './lineVerdict.ts'

const cgroup = { cgroupPath: '/kubepods/x', usageKib: 12_288, limitKib: 65_536, peakKib: 65_536 }
const machine = { memTotalKib: 16 * 1024 ** 2, memAvailableKib: 2 * 1024 ** 2 }
const killOf = (changes: Partial<KillEvent> = {}): KillEvent =>
  killEventOf({ scope: 'Unknown', domain: {}, ...changes })

describe('lineVerdict', () => {
  it('says who died, what it held, and how its container stood right after', () => {
    expect(lineVerdict(killOf({ context: { readAfterMs: 7, cgroup, machine } }))).toBe(
      'eater (pid 8123) was killed because a cgroup reached its limit; whose is not known, since the kernel printed this one line of it. ' +
        'It held 63.5 MiB of anonymous memory, 12 KiB of file pages. ' +
        'Read 7 ms after it: its container had 12 MiB of its limit of 64 MiB, 64 MiB at most so far, and the machine had 2 GiB of 16 GiB available.',
    )
  })

  it.each<[string, Partial<KillEvent>, string]>([
    ['no context', {}, 'of file pages.'],
    ['a context that could not be read', { context: { readAfterMs: 7 } }, 'of file pages.'],
    [
      'a cgroup without a limit',
      { context: { readAfterMs: 0, cgroup: { cgroupPath: '/x', usageKib: 1024 } } },
      'Read 0 ms after it: its container had 1 MiB and no limit of its own.',
    ],
    [
      'no container',
      { attribution: { source: 'proc', cgroupPath: '/x' }, context: { readAfterMs: 1, cgroup } },
      'Read 1 ms after it: its cgroup had 12 MiB of its limit of 64 MiB, 64 MiB at most so far.',
    ],
    [
      'a victim that had let go of its memory',
      { victim: { pid: 7, command: 'x', anonRssKib: 0 } },
      'It had no memory left.',
    ],
    ['a victim without figures', { victim: { pid: 7, command: '' } }, 'this one line of it.'],
  ])('invents nothing where there is %s', (_what, changes, ending) => {
    const verdict = lineVerdict(killOf(changes))
    expect(verdict?.endsWith(ending)).toBe(true)
    expect(verdict).not.toMatch(/undefined|NaN/)
  })

  it('does not know whose memory ran out where the line tells no cgroup', () => {
    expect(lineVerdict(killOf({ constraint: undefined }))).toMatch(
      /^eater \(pid 8123\) was killed because memory ran out; whose is not known/,
    )
  })

  it('does not call unknown what a dump told that the event could not hold', () => {
    expect(lineVerdict(killOf({ scope: 'PodLimit', rawDumpTruncated: true }))).toMatch(
      /^eater \(pid 8123\) was killed; the kernel's other lines of it are not in the event\. It held/,
    )
  })

  it.each<[string, Partial<KillEvent>]>([
    ['a kill whose line is lost', { source: 'memoryEvents', recoveredAs: 'm-1-1', victim: undefined }],
    ['an invocation that took nobody', { outcome: 'panic', victim: undefined }],
  ])('has nothing to say of %s', (_what, changes) => {
    expect(lineVerdict(killOf(changes))).toBeUndefined()
  })
})
