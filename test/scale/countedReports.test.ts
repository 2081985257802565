import { describe, expect, it } from '@jest/globals'
import { compareCounts, sumOf } from './countedReports.ts'

describe('compareCounts', () => {
  const expected = new Map([
    ['shop/a', 2],
    ['shop/b', 1],
  ])

  it('has nothing to say of counts that are exact', () => {
    expect(compareCounts(expected, new Map(expected))).toEqual([])
    expect(sumOf(expected)).toBe(3)
  })

  it('tells what is missing, what is too much and what is counted elsewhere', () => {
    const counted = new Map([
      ['shop/a', 3],
      ['node:/node-a', 1],
    ])
    expect(compareCounts(expected, counted)).toEqual([
      'shop/a: killed 2, counted 3',
      'shop/b: killed 1, counted 0',
      'node:/node-a: killed 0, counted 1',
    ])
  })
})
