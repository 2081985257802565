import type { ProgramError } from '#program/errors.ts'
import type { Watermark } from '../api/killRecord.ts'
import { operatorError } from '../errors.ts'
import { isPossible } from '../reports/watermark.ts'
import type { Checkpoint, KillStream, StoredCheckpoint, StreamState } from './killStream.ts'

export type CarryPorts = Pick<KillStream, 'state' | 'renewIdentity' | 'findFrom' | 'saveCheckpoint'>

/**
 * The checkpoint in the stream as it is now. A stream that was restored from a backup has gone back in time: it gets another
 * identity, and what it holds of before stays counted, since a restored message keeps the time at which it was stored. What is
 * stored later is new, at whatever sequence.
 * @param watermarks What reports say, read before the checkpoint: then none of them knows a later one.
 * @throws ProgramError with retry.
 */
export async function carryOver(
  stream: CarryPorts,
  stored: StoredCheckpoint,
  watermarks: readonly Watermark[],
): Promise<StoredCheckpoint & { state: StreamState }> {
  const { checkpoint, revision } = stored
  let state = await stream.state()
  if (checkpoint === undefined) return { ...stored, state }
  if (checkpoint.stream === state.identity) {
    if (!(await wentBack(stream, checkpoint, state, watermarks))) return { ...stored, state }
    await stream.renewIdentity()
    state = await stream.state()
  }
  const { storedUntilMs } = checkpoint
  if (storedUntilMs === undefined) return { ...stored, state }
  const sequence = await findLastStored(stream, state, storedUntilMs)
  const carried: Checkpoint = { stream: state.identity, sequence, storedUntilMs }
  // At once: the next session must not take this stream for the one that it was.
  const carriedRevision = await stream.saveCheckpoint(carried, revision)
  if (carriedRevision === undefined) throw checkpointMoved(revision)
  return { checkpoint: carried, revision: carriedRevision, state }
}

/** Whether a stream of the checkpoint's identity is not what it was: some of what was counted is gone from its end. */
async function wentBack(
  stream: CarryPorts,
  { sequence, storedUntilMs }: Checkpoint,
  { identity, lastSequence }: StreamState,
  watermarks: readonly Watermark[],
): Promise<boolean> {
  if (lastSequence < sequence) return true
  // Without a time it would all be counted again: then a report, which may be edited, is no reason.
  if (storedUntilMs === undefined) return false
  const first = await stream.findFrom(sequence)
  // More has come since than was lost.
  if (first?.sequence === sequence && first.storedAtMs > storedUntilMs) return true
  // The checkpoint went back with it, reports did not.
  return watermarks.some(
    (watermark) =>
      watermark.stream === identity &&
      ((watermark.settled ?? 0) > sequence || !isPossible(watermark, { stream: identity, streamEnd: lastSequence })),
  )
}

/** The highest sequence with everything at or below it stored by then. Times in a stream ascend, while the server's clock does. */
async function findLastStored(
  stream: CarryPorts,
  { firstSequence, lastSequence }: StreamState,
  untilMs: number,
): Promise<number> {
  let low = Math.max(0, firstSequence - 1)
  let high = lastSequence
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const first = await stream.findFrom(middle)
    if (first !== undefined && first.storedAtMs <= untilMs) low = Math.max(middle, first.sequence)
    else high = middle - 1
  }
  return low
}

/** Somebody else moves it too: an operator that does not know yet that it lost the lease, or a person. */
export function checkpointMoved(revision: number): ProgramError {
  return operatorError(
    'CheckpointMoved',
    `expected the checkpoint in OOM_STATE at revision ${revision}, got a later one, which somebody else wrote; reading kills again from there`,
  )
}
