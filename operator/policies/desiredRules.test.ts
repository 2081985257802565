import { describe, expect, it } from '@jest/globals'
import { parseDurationSeconds } from './desiredRules.ts'

describe('parseDurationSeconds', () => {
  it.each([
    ['24h', 86_400],
    ['1h30m', 5_400],
    ['90m', 5_400],
    ['720h', 2_592_000],
    ['1m1s', 61],
  ])('reads %s', (text, seconds) => {
    expect(parseDurationSeconds(text)).toBe(seconds)
  })

  it.each(['', '1d', '1', 'h', '-1h', '1.5h', '1h ', '100ms'])('takes %j for none', (text) => {
    expect(parseDurationSeconds(text)).toBeNaN()
  })
})
