import type { Condition } from '../api/killRecord.ts'

/**
 * kstatus reads Ready=False as "in progress": while it is not yet known whether the newest kills are hidden, the
 * figures still move by themselves.
 */
export function readyCondition(
  stored: readonly Condition[] | undefined,
  now: Date,
  observedGeneration: number,
  undecidedKills: number,
): Condition {
  const settled = undecidedKills === 0
  const status = settled ? 'True' : 'False'
  const before = stored?.find((condition) => condition.type === 'Ready')
  return {
    type: 'Ready',
    status,
    reason: settled ? 'Settled' : 'HiddenUndecided',
    message: settled
      ? 'every kill received is counted'
      : `every kill received is counted; of ${undecidedKills} it is not yet known whether Kubernetes shows them`,
    lastTransitionTime: before?.status === status ? before.lastTransitionTime : now.toISOString(),
    observedGeneration,
  }
}
