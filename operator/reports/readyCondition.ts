import type { Verdict } from './condition.ts'

/**
 * kstatus reads Ready=False as "in progress": while it is not yet known whether the newest kills are hidden, the
 * figures still move by themselves.
 */
export function readyVerdict(undecidedKills: number): Verdict {
  if (undecidedKills === 0) return { status: 'True', reason: 'Settled', message: 'every kill received is counted' }
  return {
    status: 'False',
    reason: 'HiddenUndecided',
    message: `every kill received is counted; of ${undecidedKills} it is not yet known whether Kubernetes shows them`,
  }
}
