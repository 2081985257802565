import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { FakeLeaseStore } from '../testing/fakeLeaseStore.ts'
import { Elector } from './elector.ts'
import { LEASE_TIMING } from './planLease.ts'

let store: FakeLeaseStore
let nowMs: number
let sleepers: { untilMs: number; wake: () => void }[]
let stop: AbortController

beforeEach(() => {
  store = new FakeLeaseStore()
  nowMs = 5_000
  sleepers = []
  stop = new AbortController()
})

afterEach(() => stop.abort(new Error('the test has ended')))

/** Lets everybody go on who waits until then, in order. */
async function pass(ms: number): Promise<void> {
  const endMs = nowMs + ms
  for (;;) {
    await new Promise<void>((resolve) => setImmediate(resolve))
    sleepers.sort((a, b) => a.untilMs - b.untilMs)
    const [next] = sleepers
    if (next === undefined || next.untilMs > endMs) break
    sleepers.shift()
    nowMs = Math.max(nowMs, next.untilMs)
    next.wake()
  }
  nowMs = endMs
}

interface Tried {
  elector: Elector
  seen: string[]
}

/** An operator that waits for the lease and then holds it. */
function tries(identity: string): Tried {
  const seen: string[] = []
  const elector = new Elector({
    store,
    identity,
    timing: LEASE_TIMING,
    waiting: {
      observer: { trouble: (part) => void seen.push(`trouble ${part}`), fine: () => {} },
      sleep: (ms) =>
        new Promise((resolve, reject) => {
          stop.signal.addEventListener('abort', () => reject(stop.signal.reason as Error))
          sleepers.push({ untilMs: nowMs + ms, wake: resolve })
        }),
      random: () => 0.5,
      monotonicMs: () => nowMs,
      signal: stop.signal,
    },
    now: () => new Date(nowMs),
    observer: { waits: (holder) => void seen.push(`waits for ${holder}`), acquired: () => void seen.push('acquired') },
  })
  const run = async (): Promise<never> => {
    await elector.acquire()
    return elector.hold()
  }
  run().catch((error: unknown) => seen.push((error as Error).message))
  return { elector, seen }
}

describe('Elector', () => {
  it('holds the lease with a write every two seconds and no reads, while the other stands by', async () => {
    const first = tries('first')
    await pass(1)
    const { reads, writes } = store
    const second = tries('second')
    await pass(60_000)
    expect(first.seen).toEqual(['acquired'])
    expect(first.elector.role).toBe('leader')
    expect(second.elector.role).toBe('follower')
    expect(second.seen.every((line) => line === 'waits for first')).toBe(true)
    expect(store.writes - writes).toBe(30)
    expect(store.reads - reads).toBe(second.seen.length)
    expect(() => first.elector.assertHeld()).not.toThrow()
  })

  it('lets the other begin at its next look when it gave the lease back', async () => {
    const first = tries('first')
    await pass(1)
    const second = tries('second')
    await pass(5_000)
    await first.elector.release()
    expect(store.lease?.record).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 })
    await pass(4_400)
    expect(second.seen.at(-1)).toBe('acquired')
    expect(store.lease?.record).toMatchObject({ holderIdentity: 'second', leaseTransitions: 1 })
    expect(() => first.elector.assertHeld()).toThrow('given back')
  })

  it('takes over fifteen seconds after the last renewal that it saw of one that is gone', async () => {
    store.lease = {
      record: {
        holderIdentity: 'gone',
        leaseDurationSeconds: 15,
        acquireTime: '',
        renewTime: '2099-01-01T00:00:00.000000Z',
        leaseTransitions: 0,
      },
      resourceVersion: '0',
    }
    const { seen } = tries('second')
    await pass(14_999)
    expect(seen).not.toContain('acquired')
    await pass(500)
    expect(seen.at(-1)).toBe('acquired')
  })

  it('is lost ten seconds after the last renewal when the apiserver is away, five before another may begin', async () => {
    const { elector, seen } = tries('first')
    await pass(1)
    store.isAway = true
    await pass(9_998)
    expect(elector.lost.aborted).toBe(false)
    await pass(2)
    expect(elector.lost.aborted).toBe(true)
    expect(seen).toContainEqual(expect.stringMatching('it could not be renewed for 10 s'))
    expect(elector.lost.reason).toMatchObject({ code: 'LeaseLost', retry: false, exitCode: 3 })
  })

  it('lets no write pass after it stood still for longer than the lease, before any timer has told it', async () => {
    const { elector } = tries('first')
    await pass(1)
    nowMs += 20_000
    expect(() => elector.assertHeld()).toThrow('it could not be renewed for 10 s')
    expect(elector.lost.aborted).toBe(true)
  })

  it('goes on when the answer to a renewal is lost, and sees when another took it', async () => {
    const { elector, seen } = tries('first')
    await pass(1)
    store.losesAnswer = true
    await pass(4_000)
    expect(seen).toEqual(['acquired', 'trouble lease'])
    expect(elector.lost.aborted).toBe(false)
    const record = { ...store.lease!.record, holderIdentity: 'second' }
    store.lease = { record, resourceVersion: 'x' }
    await pass(2_100)
    expect(seen.at(-1)).toMatch('it is held by second')
  })

  it('lets nothing be written that does not hold it yet', () => {
    expect(() => tries('first').elector.assertHeld()).toThrow('never held')
  })
})
