import type { ContainerStatus, StatusReason } from '#contract/nodeStatus.ts'
import { MAX_NAMED_NODES_OF_POLICY, MAX_STATUS_REASONS, type OomPolicyStatus } from '../api/oomPolicy.ts'
import { settleCondition, type Verdict } from '../reports/condition.ts'
import { absentIfEmpty, compact } from '../reports/killRecord.ts'
import { shownText } from '../reports/shownText.ts'
import type { PolicyMatch } from './decide.ts'
import { policyVerdicts } from './policyVerdicts.ts'
import type { NodeWord } from './release.ts'
import type { Rollback } from './rollback.ts'
import type { Policy } from './selection.ts'

/** What a node said last of a container. */
export interface SaidOfContainer {
  node: string
  word: NodeWord
  container: ContainerStatus
}

/** What is known of a policy beside what is stored of it. */
export interface KnownOfPolicy {
  policy: Policy
  match: PolicyMatch
  /** By container id. */
  said: ReadonlyMap<string, SaidOfContainer>
  /** Nodes that have not taken up for a while what they are told. */
  behind: ReadonlySet<string>
  /** Where it was taken back. */
  rollback?: Rollback | undefined
  /** What a replay of past kills came to; undefined before the first one: then what is stored stays. */
  effective?: Verdict | undefined
}

export type ReasonEntry = NonNullable<OomPolicyStatus['reasons']>[number]
export type OutcomeCounts = Pick<OomPolicyStatus, 'applied' | 'failed' | 'conflicting' | 'skipped' | 'would'>

/** A policy's status from what it selects and what the nodes said last. Pure: no time moves but a transition's. */
export function policyStatus(
  { policy, match, said, behind, rollback, effective }: KnownOfPolicy,
  stored: OomPolicyStatus | undefined,
  now: Date,
): OomPolicyStatus {
  const counts: OutcomeCounts = { applied: 0, failed: 0, conflicting: 0, skipped: 0, would: 0 }
  let processes = 0
  const wouldByNode = new Map<string, number>()
  const reasons = new ReasonCount()
  for (const id of match.told) {
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
    }
  }
  for (const { containers, isGuarded, ...reason } of match.refused) {
    if (isGuarded) counts.skipped += containers
    else counts.failed += containers
    reasons.add(isGuarded ? 'Skipped' : 'Failed', reason, containers)
  }
  const all = reasons.sorted()
  const nodes = { told: match.nodes.size, behind: [...match.nodes].filter((node) => behind.has(node)).length }
  const replayed = effective ?? stored?.conditions.find(({ type }) => type === 'Effective')
  const verdicts = policyVerdicts({ policy, match, counts, nodes, reasons: all, rollback, effective: replayed })
  return compact({
    observedGeneration: policy.generation,
    matched: { pods: match.pods, containers: match.containers, processes },
    ...counts,
    nodes,
    wouldSet: policy.spec.mode === 'Audit' ? wouldSet(wouldByNode) : undefined,
    rollback,
    reasons: absentIfEmpty(all.slice(0, MAX_STATUS_REASONS)),
    conditions: verdicts.map(({ type, status, reason, message }) =>
      settleCondition(stored?.conditions, type, { status, reason, message }, now, policy.generation),
    ),
  })
}

/** The same, with as many processes as another status has: they come and go. */
export function withProcessesOf(
  status: OomPolicyStatus,
  { matched, wouldSet: would }: OomPolicyStatus,
): OomPolicyStatus {
  const { wouldSet: _before, ...rest } = status
  return compact({ ...rest, matched: { ...status.matched, processes: matched.processes }, wouldSet: would })
}

/** Of an agent that has more to write than it may per second. */
const WAITS = 'Reconciling'
const UNTOLD: StatusReason = { reason: 'Unknown', message: '' }

function wouldSet(byNode: ReadonlyMap<string, number>): OomPolicyStatus['wouldSet'] {
  const most = [...byNode].toSorted(([a, some], [b, others]) => others - some || (a < b ? -1 : 1))
  return {
    processes: most.reduce((sum, [, some]) => sum + some, 0),
    nodes: byNode.size,
    most: most.slice(0, MAX_NAMED_NODES_OF_POLICY).map(([node, some]) => ({ node, processes: some })),
  }
}

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

class ReasonCount {
  readonly #entries = new Map<string, ReasonEntry>()

  add(outcome: ReasonEntry['outcome'], { reason, message }: StatusReason, containers = 1): void {
    const key = `${outcome}\n${reason}\n${message}`
    const before = this.#entries.get(key)
    if (before !== undefined) before.containers += containers
    else this.#entries.set(key, { outcome, reason, message: shownText(message, 300), containers })
  }

  /** The most frequent first; of equals always in one order. */
  sorted(): ReasonEntry[] {
    const text = ({ outcome, reason, message }: ReasonEntry): string => `${outcome} ${reason} ${message}`
    return [...this.#entries.values()].toSorted((a, b) => b.containers - a.containers || (text(a) < text(b) ? -1 : 1))
  }
}
