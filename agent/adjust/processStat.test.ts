import { describe, expect, it } from '@jest/globals'
import { parseStartTicks } from './processStat.ts'

const REST = 'S 1 9 9 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 778899 1000 200'

describe('parseStartTicks', () => {
  it.each([`9 (sh) ${REST}`, `9 (a) S 1 (b c) ${REST}`])('reads the start time behind any command: %s', (stat) => {
    expect(parseStartTicks(stat)).toBe(778899)
  })

  it('says nothing of a text that is cut', () => {
    expect(parseStartTicks('')).toBeUndefined()
    expect(parseStartTicks('9 (sh) S 1 9')).toBeUndefined()
  })
})
