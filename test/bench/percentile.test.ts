import { describe, expect, it } from '@jest/globals'
import { percentile } from './percentile.ts'

describe('percentile', () => {
  const samples = [5, 1, 4, 2, 3]

  it.each([
    [0, 1],
    [20, 1],
    [50, 3],
    [90, 5],
    [99, 5],
    [100, 5],
  ])('takes the nearest rank: %i %%', (percent, value) => {
    expect(percentile(samples, percent)).toBe(value)
  })

  it('has no answer without samples', () => {
    expect(() => percentile([], 50)).toThrow('expected samples')
  })
})
