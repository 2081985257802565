import { describe, expect, it } from '@jest/globals'
import { wallClockMs } from './clock.ts'

describe('wallClockMs', () => {
  it('goes back from now by the age of the record', () => {
    expect(wallClockMs(1_000_000, { wallMs: 50_000, monotonicUsec: 3_500_000 })).toBe(47_500)
  })

  it('does not put a record of the faster printk clock into the future', () => {
    expect(wallClockMs(1_002_600, { wallMs: 50_000, monotonicUsec: 1_000_000 })).toBe(50_000)
  })
})
