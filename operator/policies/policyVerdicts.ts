import { MAX_ROLLED_BACK_NODES, RETRY_ANNOTATION, type OomPolicyStatus } from '../api/oomPolicy.ts'
import type { Verdict } from '../reports/condition.ts'
import { shownText } from '../reports/shownText.ts'
import type { PolicyMatch } from './policyMatch.ts'
import type { OutcomeCounts, ReasonEntry } from './outcomeTally.ts'
import type { Rollback } from './rollback.ts'
import type { Policy } from './selection.ts'

export interface JudgedPolicy {
  policy: Policy
  match: PolicyMatch
  counts: OutcomeCounts
  nodes: OomPolicyStatus['nodes']
  /** The most frequent first. */
  reasons: readonly ReasonEntry[]
  rollback: Rollback | undefined
  /** undefined where nothing was replayed yet. */
  effective: Verdict | undefined
}

/** A policy's conditions in the words of kstatus: Ready, and why it is not yet, or will not be by itself. */
export function policyVerdicts(judged: JudgedPolicy): ({ type: string } & Verdict)[] {
  const pending = pendingOf(judged)
  const trouble = judged.reasons.find(({ outcome }) => outcome !== 'Skipped')
  return [
    { type: 'Ready', ...readyOf(judged, pending, trouble) },
    { type: 'Reconciling', ...reconcilingOf(judged, pending) },
    trouble === undefined
      ? { type: 'Stalled', status: 'False', reason: 'NothingRefused', message: 'nothing stands in its way' }
      : { type: 'Stalled', status: 'True', reason: trouble.reason, message: troubleText(trouble) },
    { type: 'Degraded', ...degradedOf(judged) },
    ...(judged.effective === undefined ? [] : [{ type: 'Effective', ...judged.effective }]),
  ]
}

/** Containers of which no node has said yet what became of the policy there. */
function pendingOf({ match, counts }: JudgedPolicy): number {
  const { applied, failed, conflicting, skipped, would } = counts
  return Math.max(0, match.containers - applied - failed - conflicting - skipped - would)
}

function readyOf(
  { policy, match, counts, rollback }: JudgedPolicy,
  pending: number,
  trouble: ReasonEntry | undefined,
): Verdict {
  const { applied, skipped, would } = counts
  if (policy.spec.mode === 'Audit') {
    const message = `nothing is written: ${match.containers} containers match, at ${would} of them it would decide`
    return { status: 'True', reason: 'Audit', message }
  }
  if (trouble !== undefined) return { status: 'False', reason: trouble.reason, message: trouble.message }
  if (rollback !== undefined) {
    const message = `taken back from ${rollback.nodes.length} nodes whose memory ran out soon after`
    return { status: 'False', reason: 'RolledBack', message }
  }
  if (pending > 0) {
    const message = `${applied} of ${match.containers - skipped} containers have the score`
    return { status: 'False', reason: 'Applying', message }
  }
  return { status: 'True', reason: 'Applied', message: `${applied} containers have the score` }
}

const MAX_NAMED = 4

function degradedOf({ rollback }: JudgedPolicy): Verdict {
  const nodes = rollback?.nodes.map(({ node }) => node) ?? []
  if (nodes.length === 0) return { status: 'False', reason: 'NothingRolledBack', message: 'it is taken back nowhere' }
  const rest = nodes.length > MAX_NAMED ? ` and ${nodes.length - MAX_NAMED} more` : ''
  const named = nodes.slice(0, MAX_NAMED).map((node) => shownText(node, 64))
  const where = nodes.length >= MAX_ROLLED_BACK_NODES ? 'not applied anywhere' : 'not applied there'
  const message = `the memory of ${named.join(', ')}${rest} ran out soon after: ${where} until the spec or the annotation ${RETRY_ANNOTATION} changes`
  return { status: 'True', reason: 'RolledBack', message }
}

function reconcilingOf({ nodes }: JudgedPolicy, pending: number): Verdict {
  if (nodes.behind > 0) {
    const message = `${nodes.behind} of ${nodes.told} nodes have not taken up what they are told: see whether their agents run`
    return { status: 'True', reason: 'NodesBehind', message }
  }
  return pending > 0
    ? { status: 'True', reason: 'Applying', message: `${pending} containers are waited for` }
    : { status: 'False', reason: 'UpToDate', message: `all ${nodes.told} nodes have said what became of it` }
}

function troubleText({ message, containers }: ReasonEntry): string {
  return `${containers} containers: ${message}`
}
