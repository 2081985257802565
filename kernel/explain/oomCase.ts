import type { OomDump } from '#kernel/dump/oomDump.ts'
import type { OomOutcome, OomVictim } from '#kernel/event/oomEvent.ts'

/** One invocation of the OOM killer with all that came of it: what explainOom explains. */
export interface OomCase {
  outcome: OomOutcome['outcome']
  dump?: OomDump | undefined
  /** In the order of their kill lines; several where a cgroup goes as a group, none where nobody was killed. */
  victims: readonly OomVictim[]
  /** The kernel's summary before the victim, such as `Memory cgroup out of memory`. */
  message?: string | undefined
  /** The event's lines as text; the choice line of kernels before 5.1 is looked for in them. */
  rawLines?: readonly string[] | undefined
  /** Rows of the slab table and of "Memory allocations:". */
  slabLines?: readonly string[] | undefined
}

/** Outcomes → cases: what shares an eventSequence is one, in the order of the first of each. */
export function groupOutcomes(outcomes: readonly OomOutcome[]): OomCase[] {
  const cases = new Map<number, OomCase & { victims: OomVictim[] }>()
  for (const outcome of outcomes) {
    const known = cases.get(outcome.eventSequence)
    const victim = outcome.outcome === 'killed' ? [outcome.victim] : []
    if (known === undefined) {
      const message = outcome.outcome === 'killed' ? outcome.message : undefined
      const { dump, rawLines } = outcome
      cases.set(outcome.eventSequence, { outcome: outcome.outcome, dump, victims: victim, message, rawLines })
    } else {
      known.victims.push(...victim.filter(({ pid }) => !known.victims.some((one) => one.pid === pid)))
      known.rawLines = outcome.rawLines
    }
  }
  return [...cases.values()]
}
