import { describe, expect, it } from '@jest/globals'
import { MAX_NAMED_COMMANDS } from '../api/killRecord.ts'
import { fillUp, foldSmallest, tally, tallyCommands } from './tally.ts'

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

describe('fillUp', () => {
  it.each([
    [{ a: 2, b: 1 }, 3, { a: 2, b: 1 }],
    [{ a: 2 }, 3, { a: 2, rest: 1 }],
    [{ a: 1, rest: 1 }, 3, { a: 1, rest: 2 }],
    [{ a: 9, b: 1 }, 3, { rest: 3 }],
    [{ a: 9 }, 0, {}],
  ])('makes %j add up to %i', (counts, whole, expected) => {
    expect(fillUp(counts, whole, 'rest')).toEqual(expected)
  })
})

describe('tallyCommands', () => {
  it('counts every victim, with or without a name', () => {
    const kills = ['java', undefined, '', 'java', '__proto__', 'constructor'].map((victimCommand) => ({
      victimCommand,
    }))
    expect(tallyCommands({ java: 1 }, kills)).toEqual({ java: 3, '(unknown)': 2, '(other)': 1, constructor: 1 })
  })

  it('keeps the total exact however many commands there are, also when some come back', () => {
    let counts: Record<string, number> = {}
    for (let kill = 0; kill < 600; kill++) counts = tallyCommands(counts, [{ victimCommand: `worker-${kill % 120}` }])
    expect(Object.keys(counts)).toHaveLength(MAX_NAMED_COMMANDS + 1)
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(600)
  })
})
