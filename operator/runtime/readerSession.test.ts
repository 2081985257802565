import { beforeEach, describe, expect, it } from '@jest/globals'
import { killEventOf, messageOf } from '../testing/killEvents.ts'
import type { CountingStart, KillEngine } from './killEngine.ts'
import type { Checkpoint, KillStream, MessagePlace, StoredCheckpoint, StreamState } from './killStream.ts'
import type { StoredMessage } from './readKill.ts'
import { planStart, runSession } from './readerSession.ts'
import type { StoredReport } from './reportStore.ts'

/** A stream that hands out what it holds and then ends. */
class FakeStream implements KillStream {
  messages = new Map<number, StoredMessage>()
  identity = 'one'
  checkpoint: Checkpoint | undefined
  /** Sequences that get lost on the way to the reader. */
  lost = new Set<number>()
  onRead: () => void = () => {}

  constructor(last: number) {
    for (let at = 1; at <= last; at++)
      this.messages.set(at, { ...messageOf(at, killEventOf({ sequence: at })), storedAtMs: at * 100 })
  }

  ensure = async (): Promise<void> => {}

  state = async (): Promise<StreamState> => ({
    identity: this.identity,
    firstSequence: Math.min(...this.messages.keys()),
    lastSequence: Math.max(0, ...this.messages.keys()),
  })

  renewIdentity = async (): Promise<void> => void (this.identity = 'renewed')

  countStored = async (from: number, to: number): Promise<number> =>
    [...this.messages.keys()].filter((sequence) => sequence >= from && sequence <= to).length

  readMessage = async (): Promise<undefined> => undefined
  readCheckpoint = async (): Promise<StoredCheckpoint> => ({ checkpoint: this.checkpoint, revision: 1 })

  findFrom = async (from: number): Promise<MessagePlace | undefined> => {
    const message = [...this.messages.values()].find(({ sequence }) => sequence >= from)
    return message && { sequence: message.sequence, storedAtMs: message.storedAtMs ?? 0 }
  }

  saveCheckpoint = async (checkpoint: Checkpoint, revision: number): Promise<number> => {
    this.checkpoint = checkpoint
    return revision + 1
  }

  async *read(first: number, signal: AbortSignal): AsyncIterable<readonly StoredMessage[]> {
    this.onRead()
    yield [...this.messages.values()].filter(({ sequence }) => sequence >= first && !this.lost.has(sequence))
    signal.throwIfAborted()
  }
}

let stream: FakeStream
let processed: { identity: string; sequences: number[]; counted: CountingStart['alreadyCounted'] }[]
let missing: number
let closed: number
/** What the session did, in order. */
let steps: string[]
let stop: AbortController
let reports: StoredReport[]

beforeEach(() => {
  stream = new FakeStream(5)
  processed = []
  missing = 0
  closed = 0
  steps = []
  stop = new AbortController()
  reports = []
})

async function run(): Promise<string> {
  const engine = {
    open: ({ stream: identity, alreadyCounted }: CountingStart) => ({
      accept: async (batch: readonly StoredMessage[]) =>
        void processed.push({ identity, sequences: batch.map(({ sequence }) => sequence), counted: alreadyCounted }),
      drained: async () => void steps.push('drained'),
      close: async () => {
        closed++
        steps.push('counting closed')
      },
    }),
  } as unknown as KillEngine
  async function* listReports(): AsyncIterable<StoredReport> {
    yield* reports
  }
  const observer = {
    opened: (first: number) => void steps.push(`opened at ${first}`),
    closed: () => void steps.push('reader closed'),
    missing: (count: number) => void (missing += count),
    step: () => {},
    progressed: () => {},
    carriedOver: ({ sequence }: Checkpoint, countedUpTo: number) =>
      void steps.push(`carried over from ${sequence} to ${countedUpTo}`),
  }
  try {
    return await runSession({ stream, engine, listReports, observer }, stop.signal)
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('planStart', () => {
  const state = { identity: 'one', firstSequence: 1, lastSequence: 9 }

  it.each([
    ['from its start without a checkpoint', undefined, 0, 1],
    ['behind the checkpoint', { stream: 'one', sequence: 7 }, 3, 8],
    ['behind the checkpoint, not one of a report', { stream: 'one', sequence: 3 }, 7, 4],
    ['from its start when it is another stream', { stream: 'two', sequence: 7 }, 0, 1],
    ['behind the checkpoint that reports know, when it is lost', undefined, 5, 6],
  ])('reads a stream %s', (_what, checkpoint, found, start) => {
    expect(planStart(checkpoint, state, found)).toBe(start)
  })
})

describe('runSession', () => {
  it('reads on from the checkpoint', async () => {
    stream.checkpoint = { stream: 'one', sequence: 3 }
    expect(await run()).toBe('NatsUnavailable')
    expect(processed).toMatchObject([{ identity: 'one', sequences: [4, 5] }])
  })

  it('says that it reads once the identity of the stream that the reader stands in is known, and when it does no more', async () => {
    await run()
    expect(steps).toEqual(['opened at 1', 'reader closed', 'counting closed'])
    steps = []
    stream.onRead = () => void (stream.identity = 'two')
    await run()
    expect(steps).toEqual(['reader closed', 'counting closed'])
  })

  it('counts what it has read when it is asked to end', async () => {
    stream.onRead = () => stop.abort(Object.assign(new Error('stopped'), { code: 'Stopped' }))
    await run()
    expect(steps).toEqual(['opened at 1', 'drained', 'reader closed', 'counting closed'])
  })

  it('gives a stream that went back in time a new identity, and reads what was stored after the checkpoint’s time', async () => {
    stream.checkpoint = { stream: 'one', sequence: 8, storedUntilMs: 350 }
    await run()
    expect(processed).toMatchObject([{ identity: 'renewed', sequences: [4, 5] }])
    expect(steps).toContain('carried over from 8 to 3')
  })

  it('reads a stream that went back in time from its start where the checkpoint has no time', async () => {
    stream.checkpoint = { stream: 'one', sequence: 8 }
    await run()
    expect(processed).toMatchObject([{ identity: 'renewed', sequences: [1, 2, 3, 4, 5] }])
  })

  it('reads a stream that was made anew from its start: all in it is later', async () => {
    stream.identity = 'two'
    stream.checkpoint = { stream: 'one', sequence: 8, storedUntilMs: 99 }
    await run()
    expect(processed).toMatchObject([{ identity: 'two', sequences: [1, 2, 3, 4, 5] }])
    expect(stream.checkpoint).toEqual({ stream: 'two', sequence: 0, storedUntilMs: 99 })
  })

  it('ends when the stream was replaced while the reader was made', async () => {
    stream.onRead = () => void (stream.identity = 'two')
    expect(await run()).toBe('StreamReplaced')
    expect(processed).toEqual([])
  })

  it('ends at a gap of messages that the stream still has', async () => {
    stream.lost.add(3)
    expect(await run()).toBe('StreamGap')
    expect(processed).toEqual([])
  })

  it('goes on over messages that the stream no longer has, and counts them', async () => {
    stream.messages.delete(1)
    stream.messages.delete(3)
    await run()
    expect(processed[0]?.sequences).toEqual([2, 4, 5])
    expect(missing).toBe(2)
  })

  const reportOf = (watermark: object): StoredReport => ({
    key: { kind: 'OOMReport', namespace: 'shop', name: 'x' },
    resourceVersion: '1',
    generation: 1,
    spec: {},
    status: { watermark },
  })

  it('knows what reports hold above the checkpoint of this stream', async () => {
    stream.checkpoint = { stream: 'one', sequence: 2 }
    reports = [
      reportOf({ stream: 'one', sequence: 5, settled: 1, unsettled: '2 2' }),
      reportOf({ stream: 'one', sequence: 4, settled: 2, unsettled: '2' }),
      reportOf({ stream: 'two', sequence: 9, settled: 8, unsettled: '1' }),
      { ...reportOf({}), status: undefined },
    ]
    await run()
    expect(processed[0]?.sequences).toEqual([3, 4, 5])
    expect([...(processed[0]?.counted ?? [])]).toEqual([3, 5, 4])
    expect(closed).toBe(1)
  })

  it('finds a checkpoint that is lost in the reports', async () => {
    reports = [reportOf({ stream: 'one', sequence: 4, settled: 2, unsettled: '2' })]
    await run()
    expect(processed[0]?.sequences).toEqual([3, 4, 5])
  })

  it('takes the checkpoint for what it says, whatever a report says of it', async () => {
    stream.checkpoint = { stream: 'one', sequence: 2 }
    reports = [reportOf({ stream: 'one', sequence: 5, settled: 5, unsettled: '' })]
    await run()
    expect(processed[0]?.sequences).toEqual([3, 4, 5])
  })

  it.each([
    ['a checkpoint', { stream: 'one', sequence: 3, settled: 9e15, unsettled: '' }],
    ['a sequence', { stream: 'one', sequence: 6, settled: 2, unsettled: '1' }],
    ['a list', { stream: 'one', sequence: 4, settled: 2, unsettled: '1 1 1 1 1 1' }],
  ])(
    'believes no report that was edited to %s beyond the end of the stream: others are counted',
    async (_what, edit) => {
      reports = [reportOf(edit), reportOf({ stream: 'one', sequence: 2, settled: 1, unsettled: '1' })]
      await run()
      expect(processed[0]?.sequences).toEqual([2, 3, 4, 5])
      expect([...(processed[0]?.counted ?? [])]).toEqual([2])
    },
  )
})
