import { describe, expect, it } from '@jest/globals'
import { backoffMs } from './backoff.ts'

const options = { firstMs: 100, maxMs: 1_000 }

describe('backoffMs', () => {
  it('doubles up to its limit', () => {
    expect([0, 1, 2, 3, 4, 5_000].map((attempt) => backoffMs(attempt, 0.999_999, options))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ])
  })

  it('never waits less than half', () => {
    expect(backoffMs(0, 0, options)).toBe(50)
    expect(backoffMs(100, 0, options)).toBe(500)
  })
})
