import { describe, expect, it } from '@jest/globals'
import type { OomKill } from '#kernel/event/oomEvent.ts'
import { resolveOwnEvent } from './ownEvent.ts'

const GROUP = '/kubepods/pod1/group'
const LINE = 'Memory cgroup out of memory: Killed process 7 (other)'

/** Read right after the lines of a group kill. */
const outcome: OomKill = {
  outcome: 'killed',
  sequence: 12,
  monotonicUsec: 5,
  eventSequence: 9,
  victim: { pid: 7, command: 'other' },
  message: 'Memory cgroup out of memory',
  groupCgroup: GROUP,
  dump: { cgroup: { oom: GROUP, task: GROUP }, tasks: [], memoryLines: [] },
  rawLines: ['the group’s dump', 'the group’s kill', LINE],
}

describe('resolveOwnEvent', () => {
  it.each([GROUP, `${GROUP}/below`])('leaves a victim in %s to its group', (cgroupPath) => {
    expect(resolveOwnEvent(outcome, { source: 'cache', cgroupPath })).toBe(outcome)
  })

  it.each([{ source: 'cache', cgroupPath: `${GROUP}s/other` } as const, undefined])(
    'makes a kill of its own out of a line that is not the group’s, without the group’s dump (%j)',
    (place) => {
      expect(resolveOwnEvent(outcome, place)).toEqual({
        outcome: 'killed',
        sequence: 12,
        monotonicUsec: 5,
        eventSequence: 12,
        victim: outcome.victim,
        message: 'Memory cgroup out of memory',
        rawLines: [LINE],
      })
    },
  )
})
