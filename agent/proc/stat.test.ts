import { describe, expect, it } from '@jest/globals'
import { parseStat } from './stat.ts'

const REST = 'S 1 9 9 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 778899 1000 200'

describe('parseStat', () => {
  it.each([`9 (sh) ${REST}`, `9 (a) S 1 (b c) ${REST}`])('reads the start time behind any command: %s', (stat) => {
    expect(parseStat(stat)?.startTicks).toBe(778899)
  })

  it('says nothing of a text that is cut', () => {
    expect(parseStat('')).toBeUndefined()
    expect(parseStat('9 (sh) S 1 9')).toBeUndefined()
  })
})
