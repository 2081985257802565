import { operatorError } from '../errors.ts'
import { watermark as watermarkSchema, type Watermark } from '../api/killRecord.ts'
import { isPossible, unsettledOf } from '../reports/watermark.ts'
import { carryOver } from './carryOver.ts'
import type { KillEngine } from './killEngine.ts'
import type { Checkpoint, KillStream, StreamState } from './killStream.ts'
import type { StoredReport } from './reportStore.ts'

export interface SessionObserver {
  /** On its way to the stream. */
  step(step: 'stream' | 'reports' | 'checkpoint' | 'consumer'): void
  /** The reader stands in the stream whose identity was checked; the next message has this sequence. */
  opened(firstSequence: number): void
  /** The reader is gone; another session makes one. */
  closed(): void
  /** Sequences that the stream no longer has (aged or purged before they were read). */
  missing(sequences: number): void
  progressed(checkpoint: number, lastSequence: number): void
  /** The stream is another one than the checkpoint's: restored, or made anew. Up to this sequence it was counted before. */
  carriedOver(from: Checkpoint, sequence: number): void
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
 * @param signal Ends the reading: what is read by then is counted, as long as the engine's own signal lets it.
 */
export async function runSession(ports: SessionPorts, signal: AbortSignal): Promise<never> {
  const { stream, engine, observer } = ports
  observer.step('stream')
  await stream.ensure()
  observer.step('reports')
  const watermarks = await readWatermarks(ports.listReports())
  observer.step('checkpoint')
  // Checkpoint and stream behind them: no report knows a later checkpoint, and none is beyond the stream's end.
  const stored = await stream.readCheckpoint()
  const carried = await carryOver(stream, stored, watermarks)
  const { checkpoint, revision } = carried
  let { state } = carried
  const { identity, lastSequence: streamEnd } = state
  const counted = planCounted(watermarks, { stream: identity, streamEnd })
  let settled = planStart(checkpoint, state, counted.settled) - 1
  if (stored.checkpoint !== undefined && stored.checkpoint.stream !== identity) {
    observer.carriedOver(stored.checkpoint, settled)
  }
  let done = settled
  const onSettled = (sequence: number): void => {
    settled = sequence
    observer.progressed(settled, Math.max(done, state.lastSequence))
  }
  const counting = engine.open({
    stream: identity,
    settled,
    storedUntilMs: checkpoint?.storedUntilMs,
    revision,
    streamEnd,
    alreadyCounted: counted.sequences,
    onSettled,
  })
  try {
    observer.step('consumer')
    let batches = 0
    for await (const batch of stream.read(done + 1, signal)) {
      // The reader is made by now: the identity is read again, so that it is the one that the reader reads.
      if (batches++ % CHECK_EVERY_BATCHES === 0 || batch.length === 0) {
        state = await stream.state()
        checkIdentity(identity, state, done)
        if (batches === 1) observer.opened(done + 1)
        observer.progressed(settled, state.lastSequence)
      }
      await checkGaps(ports, [done, ...batch.map(({ sequence }) => sequence)])
      done = batch.at(-1)?.sequence ?? done
      // An empty one too: that is how the end of the counting is told where nothing comes.
      await counting.accept(batch)
    }
  } catch (error) {
    if (signal.aborted) await counting.drained()
    throw error
  } finally {
    observer.closed()
    await counting.close()
  }
  throw operatorError('NatsUnavailable', 'expected the reader of kills to go on, got its end')
}

/**
 * Nothing at or below the checkpoint is counted again; in a stream of another identity everything is new.
 * @param found The checkpoint that reports have seen: for one that is lost, never against one that is there.
 */
export function planStart(checkpoint: Checkpoint | undefined, state: StreamState, found: number): number {
  return (checkpoint?.stream === state.identity ? checkpoint.sequence : found) + 1
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

/** What reports say that they have counted, of whatever stream. */
async function readWatermarks(reports: AsyncIterable<StoredReport>): Promise<Watermark[]> {
  const watermarks: Watermark[] = []
  for await (const { status } of reports) {
    const { data } = watermarkSchema.safeParse((status as { watermark?: unknown } | undefined)?.watermark)
    if (data !== undefined) watermarks.push(data)
  }
  return watermarks
}

/**
 * What reports hold above the checkpoint: written, and then the operator ended before it said so. A checkpoint that is
 * lost is found here too: none is in a report before it was stored. What no operator can have written is left out, so that
 * an edited report keeps no kill of another one from being counted.
 */
export function planCounted(
  watermarks: readonly Watermark[],
  at: { stream: string; streamEnd: number },
): { settled: number; sequences: ReadonlySet<number> } {
  const possible = watermarks.filter((watermark) => watermark.stream === at.stream && isPossible(watermark, at))
  return {
    settled: Math.max(0, ...possible.map(({ settled = 0 }) => settled)),
    sequences: new Set(possible.flatMap(unsettledOf)),
  }
}
