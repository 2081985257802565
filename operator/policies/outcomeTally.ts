import type { ContainerStatus, StatusReason } from '#contract/nodeStatus.ts'
import type { OomPolicyStatus } from '../api/oomPolicy.ts'
import { shownText } from '../reports/shownText.ts'
import type { MatchPart } from './policyMatch.ts'
import type { NodeWord } from './release.ts'
import type { Policy } from './selection.ts'

/** What a node said last of a container. */
export interface SaidOfContainer {
  node: string
  word: NodeWord
  container: ContainerStatus
}

export type ReasonEntry = NonNullable<OomPolicyStatus['reasons']>[number]
export type OutcomeCounts = Pick<OomPolicyStatus, 'applied' | 'failed' | 'conflicting' | 'skipped' | 'would'>

/** What became of a policy at some containers. */
export interface OutcomeTally {
  counts: OutcomeCounts
  processes: number
  /** In Audit, how many processes it would set. */
  wouldByNode: ReadonlyMap<string, number>
  reasons: ReasonCount
  /** Why it is not applied, by container id: what their pods' owners have to know. */
  troubles: readonly (readonly [id: string, why: StatusReason])[]
}

/** @param said by container id */
export function tallyOutcomes(
  policy: Policy,
  { told, refusals }: Pick<MatchPart, 'told' | 'refusals'>,
  said: ReadonlyMap<string, SaidOfContainer>,
): OutcomeTally {
  const counts: OutcomeCounts = { applied: 0, failed: 0, conflicting: 0, skipped: 0, would: 0 }
  let processes = 0
  const wouldByNode = new Map<string, number>()
  const reasons = new ReasonCount()
  const troubles: (readonly [string, StatusReason])[] = [...refusals]
  for (const id of told) {
    const about = said.get(id)
    const outcomes = outcomesOf(policy, about)
    const kinds = new Set(outcomes.map(({ outcome }) => outcome))
    if (kinds.has('failed')) counts.failed++
    else if (kinds.has('conflict')) counts.conflicting++
    else if (kinds.has('applied')) counts.applied++
    else if (kinds.has('would')) counts.would++
    else if (kinds.has('skipped')) counts.skipped++
    for (const { outcome, processes: some, reason } of outcomes) {
      processes += some
      if (outcome === 'failed') reasons.add('Failed', reason ?? UNTOLD)
      else if (outcome === 'conflict') reasons.add('Conflict', reason ?? UNTOLD)
      else if (outcome === 'skipped') reasons.add('Skipped', reason ?? UNTOLD)
      else if (outcome === 'would' && about !== undefined)
        wouldByNode.set(about.node, (wouldByNode.get(about.node) ?? 0) + some)
      if (reason !== undefined && (outcome === 'failed' || outcome === 'conflict')) troubles.push([id, reason])
    }
  }
  return { counts, processes, wouldByNode, reasons, troubles }
}

/** Those of all nodes together, short of their troubles. */
export function mergeTallies(tallies: Iterable<OutcomeTally>): Omit<OutcomeTally, 'troubles'> {
  const counts: OutcomeCounts = { applied: 0, failed: 0, conflicting: 0, skipped: 0, would: 0 }
  let processes = 0
  const wouldByNode = new Map<string, number>()
  const reasons = new ReasonCount()
  for (const one of tallies) {
    for (const outcome of OUTCOMES) counts[outcome] += one.counts[outcome]
    processes += one.processes
    for (const [node, some] of one.wouldByNode) wouldByNode.set(node, (wouldByNode.get(node) ?? 0) + some)
    reasons.addAll(one.reasons)
  }
  return { counts, processes, wouldByNode, reasons }
}

const OUTCOMES = ['applied', 'failed', 'conflicting', 'skipped', 'would'] as const
/** Of an agent that has more to write than it may per second. */
const WAITS = 'Reconciling'
const UNTOLD: StatusReason = { reason: 'Unknown', message: '' }

/** What is said of this policy as it is now: not of another, nor of one that was made anew or changed since. */
export function outcomesOf({ name, uid, generation }: Policy, said: SaidOfContainer | undefined) {
  if (said === undefined) return []
  const { rules, reasons } = said.word
  return said.container.outcomes.flatMap(({ rule, outcome, processes, reason }) => {
    const about = rules[rule]
    if (about?.policy !== name || about.uid !== uid || about.generation !== generation) return []
    const why = reason === undefined ? undefined : reasons[reason]
    // Its writes follow by themselves: that is no failure, but not done either.
    return outcome === 'failed' && why?.reason === WAITS ? [] : [{ outcome, processes, reason: why }]
  })
}

/** Reasons, each once, with the number of containers. */
export class ReasonCount {
  readonly #entries = new Map<string, ReasonEntry>()

  add(outcome: ReasonEntry['outcome'], { reason, message }: StatusReason, containers = 1): void {
    const key = `${outcome}\n${reason}\n${message}`
    const before = this.#entries.get(key)
    if (before !== undefined) before.containers += containers
    else this.#entries.set(key, { outcome, reason, message: shownText(message, 300), containers })
  }

  addAll(others: ReasonCount): void {
    for (const [key, one] of others.#entries) {
      const before = this.#entries.get(key)
      if (before === undefined) this.#entries.set(key, { ...one })
      else before.containers += one.containers
    }
  }

  /** The most frequent first; of equals always in one order. */
  sorted(): ReasonEntry[] {
    const text = ({ outcome, reason, message }: ReasonEntry): string => `${outcome} ${reason} ${message}`
    return [...this.#entries.values()].toSorted((a, b) => b.containers - a.containers || (text(a) < text(b) ? -1 : 1))
  }
}
