import { describe, expect, it } from '@jest/globals'
import { TokenBucket } from './tokenBucket.ts'

describe('TokenBucket', () => {
  it('gives its burst, then a token for each while, and says how long that is', () => {
    const bucket = new TokenBucket(2, 1_000, 0)
    expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([true, true, false])
    expect(bucket.waitMs(400)).toBe(600)
    expect([bucket.take(1_000), bucket.take(1_000)]).toEqual([true, false])
  })

  it('never holds more than its burst', () => {
    const bucket = new TokenBucket(2, 1_000, 0)
    expect([1, 2, 3].map(() => bucket.take(3_600_000))).toEqual([true, true, false])
  })
})
