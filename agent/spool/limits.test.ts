import { describe, expect, it } from '@jest/globals'
import { countExcessSegments, isTooOld, segmentSize } from './limits.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const HOUR_USEC = 3_600_000_000
const MIB = 1024 * 1024

describe('isTooOld', () => {
  const killed = (bootId: string, hours: number) => ({
    subject: `oom.v1.kill.n.${bootId}.7`,
    monotonicUsec: hours * HOUR_USEC,
  })

  it.each([
    ['a day', 100, 76, false],
    ['a day and a bit', 100.1, 76, true],
    ['nothing, and is from the future of a faster clock', 10, 11, false],
  ])('within a boot: waited %s', (_name, nowHours, killedHours, old) => {
    const now = { bootId: BOOT, monotonicUsec: nowHours * HOUR_USEC }
    expect(isTooOld(killed(BOOT, killedHours), now)).toBe(old)
  })

  it('counts from the boot on for a kill of an earlier one', () => {
    const earlier = killed('1f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60', 9_000)
    expect(isTooOld(earlier, { bootId: BOOT, monotonicUsec: 23 * HOUR_USEC })).toBe(false)
    expect(isTooOld(earlier, { bootId: BOOT, monotonicUsec: 25 * HOUR_USEC })).toBe(true)
  })
})

describe('countExcessSegments', () => {
  it.each([
    ['enough room', [4, 4, 2], 2, 12, 0],
    ['a little too much', [4, 4, 2], 3, 12, 1],
    ['much too much', [4, 4, 2], 100, 12, 2],
    ['one segment', [12], 1, 12, 0],
    ['none yet', [], 1, 12, 0],
  ])('%s', (_name, segments, more, max, expected) => {
    expect(countExcessSegments(segments, more, max)).toBe(expected)
  })
})

describe('segmentSize', () => {
  it('is small against the whole, within bounds', () => {
    expect([1, 4, 256].map((mib) => segmentSize(mib * MIB))).toEqual([64 * 1024, 256 * 1024, MIB])
  })
})
