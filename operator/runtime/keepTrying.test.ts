import { describe, expect, it } from '@jest/globals'
import { operatorError } from '../errors.ts'
import { FakeClock } from '../testing/fakeClock.ts'
import { keepTrying, type Waiting } from './keepTrying.ts'

describe('keepTrying', () => {
  it('waits as its backoff says, and for as long as the apiserver asks where that is longer', async () => {
    const clock = new FakeClock(0)
    const told: number[] = []
    const waiting: Waiting = {
      observer: { trouble: (_part, _error, retryInMs) => told.push(retryInMs), fine: () => {} },
      sleep: clock.sleep,
      random: () => 1,
      monotonicMs: () => clock.nowMs,
      signal: new AbortController().signal,
    }
    const asked = [undefined, 4_000, undefined]
    const step = async (): Promise<number> => {
      if (asked.length === 0) return clock.nowMs
      const retryAfterMs = asked.shift()
      throw operatorError('ApiserverRefused', 'busy', { facts: retryAfterMs === undefined ? {} : { retryAfterMs } })
    }
    expect(await clock.until(keepTrying('apiserver', waiting, step))).toBe(5_000)
    expect(told).toEqual([200, 4_000, 800])
  })
})
