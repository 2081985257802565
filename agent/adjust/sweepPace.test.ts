import { describe, expect, it } from '@jest/globals'
import { SweepPace } from './sweepPace.ts'

describe('SweepPace', () => {
  it('is calm while nothing begins', () => {
    expect(new SweepPace().nextMs([], 0)).toBe(2_000)
  })

  it('looks soon at a container that begins, and leaves a sandbox alone in the end', () => {
    const pace = new SweepPace()
    expect([0, 5, 299, 300, 2_999, 3_000].map((nowMs) => pace.nextMs(['a'], nowMs))).toEqual([5, 5, 5, 20, 20, 2_000])
  })

  it('begins anew with the next container, and forgets one that has its name', () => {
    const pace = new SweepPace()
    pace.nextMs(['a'], 0)
    expect(pace.nextMs(['a', 'b'], 5_000)).toBe(5)
    pace.nextMs([], 5_100)
    expect(pace.nextMs(['a'], 6_000)).toBe(5)
  })
})
