/** Where the reader of the one that works is: at which step before it reads, or there. */
export type ReaderStep = 'notBegun' | 'pods' | 'stream' | 'reports' | 'checkpoint' | 'consumer' | 'bound'

/** Of the one that works. */
export interface ReaderState {
  /** `bound`: it stands in the stream, whose identity was checked. */
  step: ReaderStep
  /** Messages between the checkpoint and the end of the stream; undefined: not known. */
  lagMessages: number | undefined
}

const WAITS_FOR: Record<Exclude<ReaderStep, 'bound'>, string> = {
  notBegun: 'it has not begun',
  pods: 'it waits for all pods to be read',
  stream: 'it waits for the stream to be there',
  reports: 'it reads what the reports have counted',
  checkpoint: "it waits for the checkpoint and the stream's identity",
  consumer: "it waits for its first word, and for the stream's identity behind that",
}

/** What must be so for an operator to work, or to begin at once where another ends. */
export interface Progress {
  /** Objects that were not all read yet. */
  unsynced: readonly string[]
  /** Why there never was a connection; undefined once there was. */
  natsTrouble: string | undefined
  /** undefined: whether another one works is not known yet. */
  role: 'leader' | 'follower' | undefined
  reader: ReaderState
}

/** @returns why the operator is not ready, one line each; nothing when it is. */
export function reasonsNotReady(progress: Progress): string[] {
  const { unsynced, natsTrouble, role, reader } = progress
  return [
    ...(unsynced.length > 0 ? [`caches: not every object was read yet: ${unsynced.join(', ')}`] : []),
    ...(natsTrouble === undefined ? [] : [`nats: no connection: ${natsTrouble}`]),
    ...(role === undefined ? ['lease: not known yet who holds it: it was not read yet'] : []),
    ...(role === 'leader' && reader.step !== 'bound'
      ? [`reader: none stands in the stream of kills: ${WAITS_FOR[reader.step]}`]
      : []),
    ...(role === 'leader' && reader.lagMessages === undefined
      ? ['lag: not known yet: the reader tells it when it stands in the stream']
      : []),
  ]
}
