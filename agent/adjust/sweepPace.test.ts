import { describe, expect, it } from '@jest/globals'
import { SweepPace } from './sweepPace.ts'

describe('SweepPace', () => {
  it('is calm while nothing begins', () => {
    const pace = new SweepPace()
    expect(pace.waitMs(0)).toBe(2_000)
    expect([...pace.begun(0)]).toEqual([])
  })

  it('looks soon at a container that begins, and leaves a sandbox alone in the end', () => {
    const pace = new SweepPace()
    pace.swept(['a'], 0)
    expect([0, 5, 299, 300, 2_999, 3_000].map((nowMs) => pace.waitMs(nowMs))).toEqual([5, 5, 5, 20, 20, 2_000])
    expect([2_999, 3_000].map((nowMs) => pace.begun(nowMs).size)).toEqual([1, 0])
  })

  it('looks at the next container that begins and not at the sandboxes of before, which no sweep takes for new', () => {
    const pace = new SweepPace()
    pace.swept(['a'], 0)
    pace.looked(pace.begun(5_000), ['b'], 5_000)
    expect([...pace.begun(5_000)]).toEqual(['b'])
    pace.swept(['a', 'b'], 6_000)
    expect([...pace.begun(6_000)]).toEqual(['b'])
    expect(pace.waitMs(6_000)).toBe(20)
  })

  it('forgets one that has its name, or is gone', () => {
    const pace = new SweepPace()
    pace.swept(['a'], 0)
    pace.looked(new Set(['a']), [], 10)
    expect(pace.waitMs(10)).toBe(2_000)
    pace.swept(['a', 'b'], 5_000)
    pace.swept(['b'], 5_010)
    pace.swept(['a', 'b'], 9_000)
    expect([...pace.begun(9_000)]).toEqual(['a'])
  })
})
