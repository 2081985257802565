import { describe, expect, it } from '@jest/globals'
import { foldSmallest, tally } from './tally.ts'

describe('tally', () => {
  it('adds one for each key, whatever its name', () => {
    expect(tally({ a: 1 }, ['a', 'b', 'b'])).toEqual({ a: 2, b: 2 })
    expect(Object.entries(tally({}, ['__proto__']))).toEqual([['__proto__', 1]])
  })
})

describe('foldSmallest', () => {
  it('keeps the largest by name and the total exact', () => {
    expect(foldSmallest({ a: 5, b: 1, c: 3, rest: 2 }, 2, 'rest')).toEqual({ a: 5, c: 3, rest: 3 })
  })

  it('leaves what fits alone', () => {
    expect(foldSmallest({ a: 1, b: 1 }, 2, 'rest')).toEqual({ a: 1, b: 1 })
  })
})
