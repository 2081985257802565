import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import { isIn } from '../cgroup/path.ts'
import type { VictimPlace } from './victimPlace.ts'

/**
 * A line without a dump right after a group's looks like one more of them, and may be of another kill: when its victim is
 * known not to be the group's, it is an event of its own, of which the kernel said no more than that line.
 */
export function resolveOwnEvent(outcome: OomOutcome, place: VictimPlace | undefined): OomOutcome {
  if (outcome.outcome !== 'killed' || outcome.groupCgroup === undefined) return outcome
  if (isIn(place?.cgroupPath, outcome.groupCgroup)) return outcome
  const { sequence, monotonicUsec, victim, message, rawLines } = outcome
  return {
    outcome: 'killed',
    sequence,
    monotonicUsec,
    eventSequence: sequence,
    victim,
    message,
    rawLines: rawLines.slice(-1),
  }
}
