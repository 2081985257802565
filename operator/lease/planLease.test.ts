import { describe, expect, it } from '@jest/globals'
import { parseLeaseSpec, type LeaseRecord } from './leaseRecord.ts'
import { LEASE_TIMING, planLease, releasedRecord, type Standing } from './planLease.ts'

const AT = new Date('2026-03-01T10:00:00.123Z')
const TIME = '2026-03-01T10:00:00.123000Z'
const OTHERS: LeaseRecord = {
  holderIdentity: 'other',
  leaseDurationSeconds: 15,
  acquireTime: '2026-03-01T08:00:00.000000Z',
  renewTime: '2026-03-01T09:00:00.000000Z',
  leaseTransitions: 4,
}

const plan = (changes: Partial<Standing>) =>
  planLease({
    identity: 'me',
    timing: LEASE_TIMING,
    observed: { record: OTHERS, sinceMs: 1_000 },
    renewedMs: undefined,
    nowMs: 1_000,
    at: AT,
    ...changes,
  })

describe('planLease', () => {
  it('makes the lease where there is none', () => {
    expect(plan({ observed: undefined })).toEqual({
      step: 'acquire',
      record: {
        holderIdentity: 'me',
        leaseDurationSeconds: 15,
        acquireTime: TIME,
        renewTime: TIME,
        leaseTransitions: 0,
      },
    })
  })

  it('waits for as long as the holder said, since its renewal was seen here and not since the time that it wrote', () => {
    expect(plan({ nowMs: 4_000 })).toEqual({ step: 'wait', holder: 'other', leftMs: 12_000 })
    expect(plan({ nowMs: 15_999, at: new Date('2036-01-01') })).toMatchObject({ step: 'wait', leftMs: 1 })
    const patient = { record: { ...OTHERS, leaseDurationSeconds: 60 }, sinceMs: 1_000 }
    expect(plan({ nowMs: 31_000, observed: patient })).toMatchObject({ step: 'wait', leftMs: 30_000 })
  })

  it('takes a lease that ended, or that was given back', () => {
    const record = { holderIdentity: 'me', acquireTime: TIME, leaseTransitions: 5 }
    expect(plan({ nowMs: 16_000 })).toMatchObject({ step: 'acquire', record })
    const observed = { record: releasedRecord(OTHERS, AT), sinceMs: 1_000 }
    expect(plan({ observed })).toMatchObject({ step: 'acquire', record })
  })

  it('renews its own, which keeps the time that it began', () => {
    const observed = { record: { ...OTHERS, holderIdentity: 'me' }, sinceMs: 1_000 }
    expect(plan({ observed, renewedMs: 900, nowMs: 2_900 })).toEqual({
      step: 'renew',
      record: { ...OTHERS, holderIdentity: 'me', renewTime: TIME },
    })
  })

  it('makes its own anew when it was deleted', () => {
    expect(plan({ observed: undefined, renewedMs: 900 })).toMatchObject({ step: 'renew' })
  })

  it('takes what an earlier try of its own wrote whose answer never came', () => {
    const observed = { record: { ...OTHERS, holderIdentity: 'me' }, sinceMs: 1_000 }
    expect(plan({ observed })).toMatchObject({ step: 'acquire', record: { leaseTransitions: 4 } })
  })

  it('has lost it when another holds it, nobody does, or it could not be renewed in time', () => {
    expect(plan({ renewedMs: 900 })).toEqual({ step: 'lost', reason: 'it is held by other' })
    const observed = { record: releasedRecord(OTHERS, AT), sinceMs: 1_000 }
    expect(plan({ observed, renewedMs: 900 })).toEqual({ step: 'lost', reason: 'it is held by nobody' })
    const own = { record: { ...OTHERS, holderIdentity: 'me' }, sinceMs: 1_000 }
    expect(plan({ observed: own, renewedMs: 900, nowMs: 10_899 })).toMatchObject({ step: 'renew' })
    expect(plan({ observed: own, renewedMs: 900, nowMs: 10_900 })).toMatchObject({ step: 'lost' })
  })

  it('ends its own work before anybody else may begin', () => {
    expect(LEASE_TIMING.renewDeadlineMs).toBeLessThan(LEASE_TIMING.durationMs)
  })
})

describe('parseLeaseSpec', () => {
  it.each([
    ['nothing', undefined],
    ['no object', 'x'],
    ['fields of other kinds', { holderIdentity: 7, leaseDurationSeconds: '15', leaseTransitions: -1, renewTime: null }],
  ])('reads %s as a lease that nobody holds', (_what, spec) => {
    expect(parseLeaseSpec(spec)).toEqual({
      holderIdentity: '',
      leaseDurationSeconds: 0,
      acquireTime: '',
      renewTime: '',
      leaseTransitions: 0,
    })
  })
})
