import type { StoredMessage } from './readKill.ts'

export interface StreamState {
  /** Created time and random id: another stream of the same name has another identity. */
  identity: string
  firstSequence: number
  lastSequence: number
}

/** Everything at or below this place of the stream is counted or set aside. */
export interface Checkpoint {
  /** Identity of the stream. */
  stream: string
  sequence: number
  /**
   * The latest time at which one of those messages was stored, in milliseconds since the epoch by the server's clock.
   * Absent: a version wrote it that did not keep it.
   */
  storedUntilMs?: number | undefined
}

export interface StoredCheckpoint {
  /** undefined: there is none, or it cannot be read. */
  checkpoint: Checkpoint | undefined
  /** What the next write must find there; 0 where there never was one. */
  revision: number
}

/** Where a message stands in the stream, and when it was stored, in milliseconds since the epoch. */
export interface MessagePlace {
  sequence: number
  storedAtMs: number
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
  /** One message again; undefined when the stream has it no longer. */
  readMessage(sequence: number): Promise<StoredMessage | undefined>
  /** The first message at or after a sequence; undefined when there is none. */
  findFrom(sequence: number): Promise<MessagePlace | undefined>
  readCheckpoint(): Promise<StoredCheckpoint>
  /**
   * Stores the checkpoint in place of the one with this revision.
   * @returns its own revision; undefined when somebody else wrote it meanwhile.
   */
  saveCheckpoint(checkpoint: Checkpoint, revision: number): Promise<number | undefined>
  /**
   * Strictly ordered batches from a sequence on, each as large as what has arrived; an empty batch when the reader is
   * made, and when nothing came for a while. Ends with a ProgramError whenever order or completeness is in doubt.
   */
  read(firstSequence: number, signal: AbortSignal): AsyncIterable<readonly StoredMessage[]>
}
