import { describe, expect, it } from '@jest/globals'
import { formatCursor, parseCursor, planStart } from './cursor.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const OTHER_BOOT = '1f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'

describe('parseCursor', () => {
  it('reads what formatCursor wrote', () => {
    expect(parseCursor(formatCursor({ bootId: BOOT, sequence: 12 }))).toEqual({
      ok: true,
      cursor: { bootId: BOOT, sequence: 12 },
    })
  })

  it.each([
    ['', 'expected JSON'],
    ['{"version":1,"bootId"', 'expected JSON'],
    ['null', 'expected object'],
    ['{"version":2}', 'expected 1'],
    [`{"version":1,"bootId":"x","sequence":1}`, 'bootId'],
    [`{"version":1,"bootId":"${BOOT}","sequence":-1}`, 'sequence'],
  ])('says why %j is none', (text, reason) => {
    expect(parseCursor(text)).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  })
})

describe('planStart', () => {
  it('goes on where a cursor of this boot stands', () => {
    expect(planStart({ bootId: BOOT, sequence: 12 }, BOOT, 5_000, 1_000)).toEqual({
      fromSequence: 12,
      wholeBoot: false,
    })
  })

  it('reads the whole ring, but tells only the window, without a cursor', () => {
    expect(planStart(undefined, BOOT, 5_000, 1_000)).toEqual({
      fromSequence: 0,
      wholeBoot: false,
      publishAfterUsec: 4_000,
    })
  })

  it('tells all of a boot that began after the cursor was saved', () => {
    const cursor = { bootId: OTHER_BOOT, sequence: 12 }
    expect(planStart(cursor, BOOT, 5_000, 1_000)).toEqual({ fromSequence: 0, wholeBoot: true })
  })
})
