import { microTime, type LeaseRecord } from './leaseRecord.ts'

export interface LeaseTiming {
  /** How long others leave the lease alone after a renewal that they saw. */
  durationMs: number
  /** A holder that could not renew for this long does nothing any more: before anybody else may begin. */
  renewDeadlineMs: number
  /** Between two renewals, and two looks of one that waits. */
  retryMs: number
}

/** What client-go's leader election and Kubernetes' own components take. */
export const LEASE_TIMING: LeaseTiming = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 }

/** A lease as it was last seen. */
export interface Observed {
  record: LeaseRecord
  /** When it was first seen so, by the monotonic clock of this machine. */
  sinceMs: number
}

export interface Standing {
  identity: string
  timing: LeaseTiming
  /** undefined: there is no such lease. */
  observed: Observed | undefined
  /** Of a holder: when it sent the renewal that last succeeded, by the same clock as `nowMs`. */
  renewedMs: number | undefined
  nowMs: number
  /** Only to be written down. */
  at: Date
}

export type LeasePlan =
  | { step: 'acquire' | 'renew'; record: LeaseRecord }
  | { step: 'wait'; holder: string; leftMs: number }
  | { step: 'lost'; reason: string }

/**
 * What one that wants the lease does next. Another's renewals are timed by when they were seen here, so that no two
 * machines' clocks are compared (client-go, tools/leaderelection, tryAcquireOrRenew).
 */
export function planLease(standing: Standing): LeasePlan {
  const { identity, timing, observed, renewedMs, nowMs, at } = standing
  const isHeld = renewedMs !== undefined
  if (isHeld && nowMs - renewedMs >= timing.renewDeadlineMs) {
    return { step: 'lost', reason: `it could not be renewed for ${timing.renewDeadlineMs / 1000} s` }
  }
  const time = microTime(at)
  const record: LeaseRecord = {
    holderIdentity: identity,
    leaseDurationSeconds: timing.durationMs / 1000,
    acquireTime: time,
    renewTime: time,
    leaseTransitions: 0,
  }
  if (observed === undefined) return { step: isHeld ? 'renew' : 'acquire', record }
  const { holderIdentity, acquireTime, leaseTransitions, leaseDurationSeconds } = observed.record
  // Also when an earlier try seemed to fail and took effect.
  if (holderIdentity === identity) {
    return {
      step: isHeld ? 'renew' : 'acquire',
      record: { ...record, acquireTime: acquireTime || time, leaseTransitions },
    }
  }
  if (isHeld) return { step: 'lost', reason: `it is held by ${holderIdentity === '' ? 'nobody' : holderIdentity}` }
  const leftMs = observed.sinceMs + leaseDurationSeconds * 1000 - nowMs
  if (holderIdentity !== '' && leftMs > 0) return { step: 'wait', holder: holderIdentity, leftMs }
  return { step: 'acquire', record: { ...record, leaseTransitions: leaseTransitions + 1 } }
}

/** What a holder leaves behind so that the next need not wait, as client-go's release. */
export function releasedRecord(held: LeaseRecord, at: Date): LeaseRecord {
  const time = microTime(at)
  return { ...held, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time }
}
