import type { StoredMessage } from './readKill.ts'

export interface StreamState {
  /** Created time and random id: another stream of the same name has another identity. */
  identity: string
  firstSequence: number
  lastSequence: number
}

export interface Checkpoint {
  stream: string
  sequence: number
}

/**
 * The stream of kills. What waiting can mend is thrown as a ProgramError with `retry`.
 */
export interface KillStream {
  /** Makes or updates the streams and buckets that the operator keeps. */
  ensure(): Promise<void>
  state(): Promise<StreamState>
  /** Gives the stream a new identity: it went back in time (restored from a backup). */
  renewIdentity(): Promise<void>
  /** Of a range of sequences, how many the stream still has. */
  countStored(from: number, to: number): Promise<number>
  loadCheckpoint(): Promise<Checkpoint | undefined>
  /**
   * Strictly ordered batches from a sequence on, each as large as what has arrived; an empty batch when the reader is
   * made, and when nothing came for a while. Ends with a ProgramError whenever order or completeness is in doubt.
   */
  read(firstSequence: number, signal: AbortSignal): AsyncIterable<readonly StoredMessage[]>
}
