import { describe, expect, it } from '@jest/globals'
import { Outbox, type OutgoingKill } from './outbox.ts'
import type { PublishOutcome } from './outcome.ts'

const FULL: PublishOutcome = { kind: 'notStored', reason: 'streamFull', message: 'full' }
const kill = (sequence: number): OutgoingKill => ({
  subject: `kill.${sequence}`,
  payload: new Uint8Array(10),
  neededSequence: sequence,
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

function outboxFor(publish: (subject: string) => Promise<PublishOutcome>) {
  const outcomes: string[] = []
  const outbox = new Outbox({ publish, random: () => 0, onOutcome: (outcome) => outcomes.push(outcome.kind) })
  return { outbox, outcomes }
}

describe('Outbox', () => {
  it('sends in order, and again until the kill is stored', async () => {
    const stream = new FakeStream([{ kind: 'stored' }, FULL, FULL, { kind: 'alreadyStored' }])
    const { outbox, outcomes } = outboxFor((subject) => stream.publish(subject))
    const stop = new AbortController()
    for (const sequence of [1, 2, 3]) outbox.add(kill(sequence))
    const running = outbox.run(stop.signal)
    await outbox.drained()
    expect(stream.attempts).toEqual(['kill.1', 'kill.2', 'kill.2', 'kill.2', 'kill.3'])
    expect(outbox.bytes).toBe(0)
    expect(outcomes).toEqual(['stored', 'notStored', 'notStored', 'alreadyStored', 'stored'])
    stop.abort()
    await running
  })

  it('keeps a kill that could not be stored, and says why', async () => {
    const stop = new AbortController()
    const { outbox } = outboxFor(() => {
      queueMicrotask(() => stop.abort())
      return Promise.resolve(FULL)
    })
    outbox.add(kill(7))
    outbox.add(kill(5))
    await outbox.run(stop.signal)
    expect(outbox.size).toBe(2)
    expect(outbox.bytes).toBe(20)
    expect(outbox.neededSequence).toBe(5)
  })

  it('needs nothing when nothing waits', () => {
    const { outbox } = outboxFor(() => Promise.resolve({ kind: 'stored' }))
    expect(outbox.neededSequence).toBeUndefined()
    expect(outbox.bytes).toBe(0)
    expect(outbox.blocked).toBeUndefined()
  })

  it('leaves at once when stopped while a publish hangs, and keeps its kill', async () => {
    const stop = new AbortController()
    const { outbox } = outboxFor(() => new Promise(() => undefined))
    outbox.add(kill(1))
    const running = outbox.run(stop.signal)
    stop.abort()
    await running
    expect(outbox.size).toBe(1)
  })
})
