import type { ContainerStatus } from '#contract/nodeStatus.ts'
import { MAX_FAILURES, type OomPolicyStatus } from '../api/oomPolicy.ts'
import { absentIfEmpty, compact } from '../reports/killRecord.ts'
import { shownText } from '../reports/shownText.ts'
import type { Policy, PolicyMatch } from './decide.ts'

/** A policy's status from what it selects and what the nodes said last. Pure: no time moves but a transition's. */
export function policyStatus(
  policy: Policy,
  match: PolicyMatch,
  said: ReadonlyMap<string, ContainerStatus>,
  stored: OomPolicyStatus | undefined,
  now: Date,
): OomPolicyStatus {
  let applied = 0
  const failures = new Map<string, { reason: string; message: string; containers: number }>()
  for (const id of match.deciding) {
    const status = said.get(id)
    // What a node said of another value or policy is not about this one.
    if (status?.policy !== policy.name || status.oomScoreAdj !== policy.spec.oomScoreAdj.value) continue
    if (status.outcome === 'applied') applied++
    else {
      const { reason = 'WriteFailed', message = '' } = status
      const key = `${reason}\n${message}`
      const failure = failures.get(key) ?? { reason, message: shownText(message, 300), containers: 0 }
      failures.set(key, { ...failure, containers: failure.containers + 1 })
    }
  }
  const all = [...failures.values()].toSorted((a, b) => b.containers - a.containers)
  const failed = all.reduce((sum, { containers }) => sum + containers, 0)
  const { mode } = policy.spec
  const outcome = (status: 'True' | 'False', reason: string, message: string) => ({ status, reason, message })
  const ready =
    mode === 'Audit'
      ? outcome('True', 'Audit', `nothing is written: ${match.containers} containers match`)
      : failed > 0
        ? outcome('False', all[0]?.reason ?? 'WriteFailed', all[0]?.message ?? '')
        : applied < match.deciding.length
          ? outcome('False', 'Applying', `${applied} of ${match.deciding.length} containers have the score`)
          : outcome('True', 'Applied', `${applied} containers have the score`)
  const before = stored?.conditions.find(({ type }) => type === 'Ready')
  return compact({
    observedGeneration: policy.generation,
    matched: { pods: match.pods, containers: match.containers },
    applied,
    failed,
    failures: absentIfEmpty(all.slice(0, MAX_FAILURES)),
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
