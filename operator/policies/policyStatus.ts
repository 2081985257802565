import type { ContainerStatus, StatusReason } from '#contract/nodeStatus.ts'
import { MAX_STATUS_REASONS, type OomPolicyStatus } from '../api/oomPolicy.ts'
import { absentIfEmpty, compact } from '../reports/killRecord.ts'
import { shownText } from '../reports/shownText.ts'
import type { PolicyMatch } from './decide.ts'
import type { NodeWord } from './release.ts'
import type { Policy } from './selection.ts'

/** What a node said last of a container. */
export interface SaidOfContainer {
  word: NodeWord
  container: ContainerStatus
}

type ReasonEntry = NonNullable<OomPolicyStatus['reasons']>[number]

/** A policy's status from what it selects and what the nodes said last. Pure: no time moves but a transition's. */
export function policyStatus(
  policy: Policy,
  match: PolicyMatch,
  said: ReadonlyMap<string, SaidOfContainer>,
  stored: OomPolicyStatus | undefined,
  now: Date,
): OomPolicyStatus {
  const counts = { applied: 0, failed: 0, skipped: 0, would: 0 }
  let processes = 0
  const reasons = new ReasonCount()
  for (const id of match.told) {
    const outcomes = outcomesOf(policy, said.get(id))
    const kinds = new Set(outcomes.map(({ outcome }) => outcome))
    if (kinds.has('failed') || kinds.has('conflict')) counts.failed++
    else if (kinds.has('applied')) counts.applied++
    else if (kinds.has('would')) counts.would++
    else if (kinds.has('skipped')) counts.skipped++
    for (const { outcome, processes: some, reason } of outcomes) {
      processes += some
      if (outcome === 'failed') reasons.add('Failed', reason ?? UNTOLD)
      else if (outcome === 'conflict') reasons.add('Conflict', reason ?? UNTOLD)
      else if (outcome === 'skipped') reasons.add('Skipped', reason ?? UNTOLD)
    }
  }
  for (const { containers, isGuarded, ...reason } of match.refused) {
    if (isGuarded) counts.skipped += containers
    else counts.failed += containers
    reasons.add(isGuarded ? 'Skipped' : 'Failed', reason, containers)
  }
  const all = reasons.sorted()
  const ready = readyOf(policy, match, counts, all)
  const before = stored?.conditions.find(({ type }) => type === 'Ready')
  return compact({
    observedGeneration: policy.generation,
    matched: { pods: match.pods, containers: match.containers, processes },
    ...counts,
    reasons: absentIfEmpty(all.slice(0, MAX_STATUS_REASONS)),
    conditions: [
      {
        type: 'Ready',
        ...ready,
        lastTransitionTime: before?.status === ready.status ? before.lastTransitionTime : now.toISOString(),
        observedGeneration: policy.generation,
      },
    ],
  })
}

const UNTOLD: StatusReason = { reason: 'Unknown', message: '' }

function readyOf(
  { spec }: Policy,
  { containers }: PolicyMatch,
  { applied, failed, skipped, would }: Pick<OomPolicyStatus, 'applied' | 'failed' | 'skipped' | 'would'>,
  reasons: readonly ReasonEntry[],
): { status: 'True' | 'False'; reason: string; message: string } {
  const notSkipped = containers - skipped
  if (spec.mode === 'Audit') {
    const message = `nothing is written: ${containers} containers match, at ${would} of them it would decide`
    return { status: 'True', reason: 'Audit', message }
  }
  if (failed > 0) {
    const { reason = 'WriteFailed', message = '' } = reasons.find(({ outcome }) => outcome !== 'Skipped') ?? {}
    return { status: 'False', reason, message }
  }
  return applied < notSkipped
    ? { status: 'False', reason: 'Applying', message: `${applied} of ${notSkipped} containers have the score` }
    : { status: 'True', reason: 'Applied', message: `${applied} containers have the score` }
}

/** What is said of this policy as it is now: not of another, nor of one that was made anew or changed since. */
function outcomesOf({ name, uid, generation }: Policy, said: SaidOfContainer | undefined) {
  if (said === undefined) return []
  const { rules, reasons } = said.word
  return said.container.outcomes.flatMap(({ rule, outcome, processes, reason }) => {
    const about = rules[rule]
    if (about?.policy !== name || about.uid !== uid || about.generation !== generation) return []
    return [{ outcome, processes, reason: reason === undefined ? undefined : reasons[reason] }]
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

  /** The most frequent first. */
  sorted(): ReasonEntry[] {
    return [...this.#entries.values()].toSorted((a, b) => b.containers - a.containers)
  }
}
