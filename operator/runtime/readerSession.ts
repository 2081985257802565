import { operatorError } from '../errors.ts'
import { killKey } from '../reports/killRecord.ts'
import type { CountedKills, KillEngine } from './killEngine.ts'
import type { Checkpoint, KillStream, StreamState } from './killStream.ts'
import type { ReportKey, StoredReport } from './reportStore.ts'

export interface SessionObserver {
  /** A session has begun: the next message has this sequence. */
  opened(firstSequence: number): void
  /** Sequences that the stream no longer has (aged or purged before they were read). */
  missing(sequences: number): void
  progressed(checkpoint: number, lastSequence: number): void
}

export interface SessionPorts {
  stream: KillStream
  engine: KillEngine
  listReports(): AsyncIterable<StoredReport>
  observer: SessionObserver
}

/** How often, at least, the stream's identity is looked at while messages come. */
const CHECK_EVERY_BATCHES = 100

/**
 * One session of the strictly ordered reader, from the checkpoint on. Ends only by an error: whenever order,
 * completeness or the stream's identity is in doubt, the next session starts again from the checkpoint.
 */
export async function runSession(ports: SessionPorts, signal: AbortSignal): Promise<never> {
  const { stream, engine, observer } = ports
  await stream.ensure()
  let state = await stream.state()
  const checkpoint = await stream.loadCheckpoint()
  if (checkpoint?.stream === state.identity && state.lastSequence < checkpoint.sequence) {
    await stream.renewIdentity()
    state = await stream.state()
  }
  const { identity } = state
  let done = planStart(checkpoint, state) - 1
  const alreadyCounted = await readCounted(ports.listReports(), identity, done)
  observer.opened(done + 1)
  observer.progressed(done, state.lastSequence)

  let batches = 0
  for await (const batch of stream.read(done + 1, signal)) {
    // The reader is made by now: the identity is read again, so that it is the one that the reader reads.
    if (batches++ % CHECK_EVERY_BATCHES === 0 || batch.length === 0) {
      state = await stream.state()
      checkIdentity(identity, state, done)
    }
    const [first] = batch
    const last = batch.at(-1)
    if (first === undefined || last === undefined) continue
    await checkGaps(ports, [done, ...batch.map(({ sequence }) => sequence)])
    await engine.processBatch(identity, batch, alreadyCounted)
    done = last.sequence
    observer.progressed(done, Math.max(done, state.lastSequence))
  }
  throw operatorError('NatsUnavailable', 'expected the reader of kills to go on, got its end')
}

/** Nothing at or below the checkpoint is counted again; in a stream of another identity everything is new. */
export function planStart(checkpoint: Checkpoint | undefined, state: StreamState): number {
  return checkpoint?.stream === state.identity ? checkpoint.sequence + 1 : 1
}

function checkIdentity(identity: string, state: StreamState, done: number): void {
  if (state.identity !== identity || state.lastSequence < done) {
    throw operatorError(
      'StreamReplaced',
      `expected the stream of kills ${identity} at ${done} or later, got ${state.identity} at ${state.lastSequence}; starting again with it`,
    )
  }
}

/** A gap is fine when the stream has nothing there (aged, purged); anything else was lost on the way. */
async function checkGaps({ stream, observer }: SessionPorts, sequences: readonly number[]): Promise<void> {
  for (let at = 1; at < sequences.length; at++) {
    const from = (sequences[at - 1] ?? 0) + 1
    const to = (sequences[at] ?? 0) - 1
    if (to < from) continue
    const stored = await stream.countStored(from, to)
    if (stored > 0) {
      throw operatorError(
        'StreamGap',
        `expected kills ${from} to ${to} of the stream, got ${to + 1} first; reading again`,
      )
    }
    observer.missing(to - from + 1)
  }
}

/** The kills that reports hold above the checkpoint: written, and then the operator ended before it said so. */
async function readCounted(
  reports: AsyncIterable<StoredReport>,
  identity: string,
  checkpoint: number,
): Promise<CountedKills> {
  const counted = new Map<string, ReportKey>()
  for await (const { key, status } of reports) {
    const { watermark, lastKills } = (status ?? {}) as Partial<CountedStatus>
    if (watermark?.stream !== identity || watermark.sequence <= checkpoint) continue
    for (const kill of lastKills ?? []) counted.set(killKey(kill), key)
  }
  return counted
}

interface CountedStatus {
  watermark: { stream: string; sequence: number }
  lastKills: readonly { node: string; bootId: string; sequence: number; recoveredAs?: string }[]
}
