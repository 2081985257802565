import { describe, expect, it } from '@jest/globals'
import { oomScoreOf } from './oomScore.ts'

describe('oomScoreOf', () => {
  it.each([
    ['6.18.44', 0, 666],
    ['6.18.44', 500_000, 1000],
    ['6.18.44', 1_000_000, 1333],
    ['6.18.44', -990_000, 6],
    ['6.18.44', -1_200_000, 0],
    [undefined, 500_000, 1000],
    ['5.8.0', 0, 0],
    ['5.8.0', 500_000, 500],
    ['4.18.0-553.el8', -1, 0],
  ])('on %s, %d of a million points are %d', (kernelRelease, points, score) => {
    expect(oomScoreOf(points, 1_000_000, kernelRelease)).toBe(score)
  })

  it('is 0 where the machine does not tell its memory', () => {
    expect(oomScoreOf(1, 0, '6.18.44')).toBe(0)
  })
})
