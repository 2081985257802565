import { describe, expect, it } from '@jest/globals'
import { operatorError } from '../errors.ts'
import { retryDelayMs } from './retryDelay.ts'

describe('retryDelayMs', () => {
  it.each([
    ['the backoff where nothing was asked for', undefined, 200, 200],
    ['what was asked for, where that is longer', 5_000, 200, 5_000],
    ['the backoff, where that is longer', 2_000, 7_000, 7_000],
    ['a second, where none was asked for', 0, 200, 1_000],
    ['half a minute at most', 86_400_000, 200, 30_000],
  ])('is %s', (_what, retryAfterMs, backoffMs, expected) => {
    const facts = retryAfterMs === undefined ? {} : { retryAfterMs }
    expect(retryDelayMs(operatorError('ApiserverRefused', 'busy', { facts }), backoffMs)).toBe(expected)
  })

  it('is the backoff for what is no answer at all', () => {
    expect(retryDelayMs(new Error('cut off'), 200)).toBe(200)
  })
})
