import { describe, expect, it } from '@jest/globals'
import { encodeKillEvent, type KillEvent } from '#contract/killEvent.ts'
import type { SpooledKill } from '../spool/record.ts'
import { KillSender } from './killSender.ts'
import type { PublishOutcome } from './outcome.ts'

const FULL: PublishOutcome = { kind: 'notStored', reason: 'streamFull', message: 'full' }
const TOO_LARGE: PublishOutcome = { kind: 'notStored', reason: 'tooLarge', message: 'too large' }
const DUMPED: KillEvent = {
  version: 1,
  node: 'node-a',
  bootId: '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60',
  sequence: 1,
  eventSequence: 1,
  killedAt: '2026-11-25T12:00:00.000Z',
  monotonicUsec: 5,
  source: 'kmsg',
  outcome: 'killed',
  scope: 'Unknown',
  victim: { pid: 7, command: 'app' },
  attribution: { source: 'none' },
  domain: {},
  candidates: [],
  taskCount: 1,
  pageSizeKib: 4,
  rawDump: 'QUJD'.repeat(1000),
}
const kill = (sequence: number): SpooledKill => ({
  subject: `kill.${sequence}`,
  payload: new Uint8Array(10),
  monotonicUsec: sequence,
  killLine: true,
})

/** Answers with the given outcomes in turn, then stores. */
class FakeStream {
  readonly attempts: string[] = []
  readonly #outcomes: PublishOutcome[]

  constructor(outcomes: PublishOutcome[] = []) {
    this.#outcomes = outcomes
  }

  publish(subject: string): Promise<PublishOutcome> {
    this.attempts.push(subject)
    return Promise.resolve(this.#outcomes.shift() ?? { kind: 'stored' })
  }
}

/** A sender of the kills with these sequences. */
function senderOf(
  sequences: readonly number[],
  publish: (subject: string, payload: Uint8Array) => Promise<PublishOutcome>,
) {
  const waiting = sequences.map(kill)
  const outcomes: string[] = []
  const waits: number[] = []
  const queue = {
    get size() {
      return waiting.length
    },
    peek: () => waiting[0],
    done: ({ subject }: SpooledKill) => {
      if (waiting[0]?.subject === subject) waiting.shift()
    },
  }
  const sender = new KillSender({
    queue,
    publish,
    random: () => 0,
    onOutcome: (outcome, _kill, retryInMs) => {
      outcomes.push(outcome.kind)
      if (retryInMs !== undefined) waits.push(retryInMs)
    },
  })
  return { sender, outcomes, waits, waiting }
}

describe('KillSender', () => {
  it('sends in order, and again until the kill is stored', async () => {
    const stream = new FakeStream([{ kind: 'stored' }, FULL, FULL, { kind: 'alreadyStored' }])
    const { sender, outcomes, waiting } = senderOf([1, 2, 3], (subject) => stream.publish(subject))
    const stop = new AbortController()
    const running = sender.run(stop.signal)
    await sender.drained()
    expect(stream.attempts).toEqual(['kill.1', 'kill.2', 'kill.2', 'kill.2', 'kill.3'])
    expect(waiting).toEqual([])
    expect(outcomes).toEqual(['stored', 'notStored', 'notStored', 'alreadyStored', 'stored'])
    stop.abort()
    await running
  })

  it('waits ever longer for one kill, and begins anew with the next', async () => {
    const stream = new FakeStream([FULL, FULL, { kind: 'stored' }, FULL])
    const { sender, waits } = senderOf([1, 2], (subject) => stream.publish(subject))
    const stop = new AbortController()
    const running = sender.run(stop.signal)
    await sender.drained()
    const [first = 0, second = 0, other] = waits
    expect(second).toBeGreaterThan(first)
    expect(other).toBe(first)
    stop.abort()
    await running
  })

  it('sends with less what the server takes no message of that size for: those behind it must not wait for ever', async () => {
    const payload = encodeKillEvent(DUMPED)
    const sizes: number[] = []
    const { sender, outcomes, waiting } = senderOf([1, 2], (_subject, sent) => {
      sizes.push(sent.length)
      return Promise.resolve(sent.length === payload.length ? TOO_LARGE : { kind: 'stored' })
    })
    for (const one of waiting) one.payload = payload
    const stop = new AbortController()
    const running = sender.run(stop.signal)
    await sender.drained()
    expect(outcomes).toEqual(['notStored', 'stored', 'notStored', 'stored'])
    expect(Math.max(sizes[1] ?? 0, sizes[3] ?? 0)).toBeLessThan(payload.length)
    stop.abort()
    await running
  })

  it('keeps what cannot be told with less', async () => {
    const stop = new AbortController()
    const { sender, waiting } = senderOf([1], () => {
      setImmediate(() => stop.abort())
      return Promise.resolve(TOO_LARGE)
    })
    await sender.run(stop.signal)
    expect(sender.blocked).toBe('tooLarge')
    expect(waiting).toHaveLength(1)
  })

  it('keeps a kill that could not be stored, and says why', async () => {
    const stop = new AbortController()
    const { sender, waiting } = senderOf([7, 8], () => {
      setImmediate(() => stop.abort())
      return Promise.resolve(FULL)
    })
    await sender.run(stop.signal)
    expect(waiting).toHaveLength(2)
    expect(sender.blocked).toBe('streamFull')
  })

  it('sends what comes later when it is woken', async () => {
    const stream = new FakeStream()
    const { sender, waiting } = senderOf([], (subject) => stream.publish(subject))
    const stop = new AbortController()
    const running = sender.run(stop.signal)
    await sender.drained()
    waiting.push(kill(1))
    sender.wake()
    await sender.drained()
    expect(stream.attempts).toEqual(['kill.1'])
    stop.abort()
    await running
  })

  it('does not wait any longer when what kept it may have passed', async () => {
    let attempts = 0
    const { sender } = senderOf([1], () => {
      // The sixth wait would take seconds.
      const failed = attempts++ < 6
      if (failed) setImmediate(() => sender.retryNow())
      return Promise.resolve(failed ? FULL : { kind: 'stored' })
    })
    const stop = new AbortController()
    const startedMs = performance.now()
    const running = sender.run(stop.signal)
    await sender.drained()
    expect(performance.now() - startedMs).toBeLessThan(1_500)
    stop.abort()
    await running
  })

  it('leaves at once when stopped while a publish hangs, and keeps its kill', async () => {
    const stop = new AbortController()
    const { sender, waiting } = senderOf([1], () => new Promise(() => undefined))
    const running = sender.run(stop.signal)
    stop.abort()
    await running
    expect(waiting).toHaveLength(1)
  })
})
