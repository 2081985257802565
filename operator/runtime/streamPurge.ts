import { keepTrying, type Waiting } from './keepTrying.ts'
import type { Checkpoint, KillStream } from './killStream.ts'

export interface StreamUsage {
  identity: string
  bytes: number
  maxBytes: number
  messages: number
  firstSequence: number
}

/** What a purge needs of the stream of kills. What waiting can mend is thrown as a ProgramError with `retry`. */
export interface PurgeableStream extends Pick<KillStream, 'findFrom' | 'readCheckpoint'> {
  usage(): Promise<StreamUsage>
  /** Removes all messages before this sequence. */
  purgeBelow(sequence: number): Promise<void>
}

export interface PurgePorts {
  stream: PurgeableStream
  waiting: Waiting
  now: () => Date
  purged: (belowSequence: number) => void
}

/** Above this share of its size the stream is purged, down to the other one; max_age does the rest. */
const PURGE_ABOVE = 0.8
const PURGE_TO = 0.7
/** A stored kill keeps an agent that has lost its cursor from telling it again: for this long it must stay. */
const DEDUPE_WINDOW_MS = 3_600_000
const LOOK_EVERY_MS = 30_000

/**
 * How far a stream is purged that is nearly full: its oldest messages, and only what is counted.
 * @returns the first sequence that stays, or undefined when nothing is to be purged.
 */
export function planPurge(usage: StreamUsage, checkpoint: Checkpoint | undefined): number | undefined {
  const { bytes, maxBytes, messages, firstSequence, identity } = usage
  if (maxBytes <= 0 || bytes <= maxBytes * PURGE_ABOVE || checkpoint?.stream !== identity) return undefined
  const excess = Math.ceil((bytes - maxBytes * PURGE_TO) / (bytes / messages))
  const below = Math.min(firstSequence + excess, checkpoint.sequence + 1)
  return below > firstSequence ? below : undefined
}

/** Purges once, where that is needed and allowed. @returns the first sequence that stays, if it did. */
export async function purgeOnce(stream: PurgeableStream, nowMs: number): Promise<number | undefined> {
  const usage = await stream.usage()
  let below = planPurge(usage, (await stream.readCheckpoint()).checkpoint)
  // Less and less of it, until all of that is older than the window.
  while (below !== undefined && below > usage.firstSequence) {
    const newest = await stream.findFrom(below - 1)
    if (newest !== undefined && newest.storedAtMs < nowMs - DEDUPE_WINDOW_MS) {
      await stream.purgeBelow(below)
      return below
    }
    below = usage.firstSequence + Math.floor((below - usage.firstSequence) / 2)
  }
  return undefined
}

/** Looks now and then, for ever. @throws the signal's reason. */
export async function keepPurging({ stream, waiting, now, purged }: PurgePorts): Promise<never> {
  for (;;) {
    await waiting.sleep(LOOK_EVERY_MS)
    const below = await keepTrying('streams', waiting, () => purgeOnce(stream, now().getTime()))
    if (below !== undefined) purged(below)
  }
}
