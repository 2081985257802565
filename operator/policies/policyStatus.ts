import { MAX_NAMED_NODES_OF_POLICY, MAX_STATUS_REASONS, type OomPolicyStatus } from '../api/oomPolicy.ts'
import { settleCondition, type Verdict } from '../reports/condition.ts'
import { absentIfEmpty, compact } from '../reports/killRecord.ts'
import { mergeTallies, type OutcomeTally } from './outcomeTally.ts'
import type { PolicyMatch } from './policyMatch.ts'
import { policyVerdicts } from './policyVerdicts.ts'
import type { Rollback } from './rollback.ts'
import type { Policy } from './selection.ts'

/** What is known of a policy beside what is stored of it. */
export interface KnownOfPolicy {
  policy: Policy
  match: PolicyMatch
  /** What became of it at the containers whose nodes are told of it. */
  tallies: Iterable<OutcomeTally>
  /** Nodes that have not taken up for a while what they are told. */
  behind: ReadonlySet<string>
  /** Where it was taken back. */
  rollback?: Rollback | undefined
  /** What a replay of past kills came to; undefined before the first one: then what is stored stays. */
  effective?: Verdict | undefined
}

/** A policy's status from what it selects and what the nodes said last. Pure: no time moves but a transition's. */
export function policyStatus(
  { policy, match, tallies, behind, rollback, effective }: KnownOfPolicy,
  stored: OomPolicyStatus | undefined,
  now: Date,
): OomPolicyStatus {
  const { counts, processes, wouldByNode, reasons } = mergeTallies(tallies)
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

function wouldSet(byNode: ReadonlyMap<string, number>): OomPolicyStatus['wouldSet'] {
  const most = [...byNode].toSorted(([a, some], [b, others]) => others - some || (a < b ? -1 : 1))
  return {
    processes: most.reduce((sum, [, some]) => sum + some, 0),
    nodes: byNode.size,
    most: most.slice(0, MAX_NAMED_NODES_OF_POLICY).map(([node, some]) => ({ node, processes: some })),
  }
}
