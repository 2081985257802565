import { describe, expect, it } from '@jest/globals'
import { waitUntil } from './wait.ts'

describe('waitUntil', () => {
  it('returns the first value that the probe gives', async () => {
    let calls = 0
    const value = await waitUntil('a third call', () => (++calls === 3 ? calls : undefined), {
      deadlineMs: 1000,
      everyMs: 1,
    })
    expect(value).toBe(3)
  })

  it('fails at the deadline with the last error and the evidence', async () => {
    const failing = (): undefined => {
      throw new Error('connection refused')
    }
    await expect(
      waitUntil('an answer', failing, { deadlineMs: 5, everyMs: 1, evidence: () => 'log: bad flag' }),
    ).rejects.toThrow(/waited for an answer: not so within 0 s; last answer: connection refused\nlog: bad flag/)
  })

  it('gives up at once when there is a reason to', async () => {
    await expect(
      waitUntil('etcd', () => undefined, { deadlineMs: 60_000, giveUp: () => 'etcd has ended' }),
    ).rejects.toThrow('waited for etcd: etcd has ended')
  })
})
