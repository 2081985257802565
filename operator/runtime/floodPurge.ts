import { keepTrying, type Waiting } from './keepTrying.ts'
import type { KillStream } from './killStream.ts'
import type { NodeShares } from './nodeShares.ts'

/** What waiting can mend is thrown as a ProgramError with `retry`. */
export interface FloodedStream extends Pick<KillStream, 'readCheckpoint' | 'state'> {
  /** Removes a node's messages before this sequence. */
  purgeNode(token: string, sequence: number): Promise<void>
}

const LOOK_EVERY_MS = 1_000

/**
 * Makes room in the stream where a node fills it: its messages are removed as soon as they are passed over or counted.
 * @param shares of the stream as it is read now
 */
export async function purgeFloods(stream: FloodedStream, shares: NodeShares): Promise<void> {
  const tokens = shares.floods()
  if (tokens.length === 0) return
  const { checkpoint } = await stream.readCheckpoint()
  const { identity } = await stream.state()
  // Of a stream that was made anew the checkpoint says nothing yet.
  if (checkpoint?.stream !== identity) return
  for (const token of tokens) {
    await stream.purgeNode(token, checkpoint.sequence + 1)
    shares.removed(token, checkpoint.sequence)
  }
}

/** Looks every second, for ever. @throws the signal's reason. */
export async function keepPurgingFloods(stream: FloodedStream, shares: NodeShares, waiting: Waiting): Promise<never> {
  for (;;) {
    await waiting.sleep(LOOK_EVERY_MS)
    await keepTrying('streams', waiting, () => purgeFloods(stream, shares))
  }
}
