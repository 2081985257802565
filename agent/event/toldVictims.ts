import { GroupVictims } from '#kernel/event/groupVictims.ts'
import type { OomOutcome, OomVictim } from '#kernel/event/oomEvent.ts'

/** Group kills that several callers interleave. */
const MAX_EVENTS = 8
/** No cgroup of a sane node has more processes; beyond, a second line is taken for another victim. */
const MAX_VICTIMS = 10_000

/** Remembers the victims of the last events, to know a second line about one of them. */
export class ToldVictims {
  readonly #events = new Map<number, GroupVictims<OomVictim & { sequence: number }>>()

  /** @returns the kmsg sequence of the line that told this victim before */
  note(outcome: OomOutcome): number | undefined {
    if (outcome.outcome !== 'killed') return undefined
    const { eventSequence, sequence, victim, dump } = outcome
    const group = this.#events.get(eventSequence) ?? new GroupVictims()
    const before = group.find(victim, dump)
    if (before !== undefined) return before.sequence
    if (group.told.length < MAX_VICTIMS) group.add({ ...victim, sequence })
    this.#events.set(eventSequence, group)
    const [oldest] = this.#events.keys()
    if (this.#events.size > MAX_EVENTS && oldest !== undefined) this.#events.delete(oldest)
    return undefined
  }
}
