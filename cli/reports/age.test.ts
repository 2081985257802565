import { describe, expect, it } from '@jest/globals'
import { formatAge } from './age.ts'

const NOW = Date.parse('2026-03-10T00:00:00Z')
const ago = (seconds: number) => formatAge(new Date(NOW - seconds * 1000).toISOString(), NOW)

describe('formatAge', () => {
  it.each([
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [125, '2m5s'],
    [3 * 3600 - 1, '179m'],
    [3 * 3600 + 60, '3h1m'],
    [9 * 3600, '9h'],
    [50 * 3600, '2d2h'],
    [8 * 86_400, '8d'],
    [2 * 365 * 86_400, '2y'],
    [9 * 365 * 86_400, '9y'],
  ])('writes %d seconds as kubectl does: %s', (seconds, text) => expect(ago(seconds)).toBe(text))

  it('takes a clock that is ahead for now, and says nothing of what is no time', () => {
    expect(ago(-60)).toBe('0s')
    expect(formatAge('yesterday', NOW)).toBeUndefined()
    expect(formatAge(undefined, NOW)).toBeUndefined()
  })
})
