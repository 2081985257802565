/** Of the one that works. */
export interface ReaderState {
  /** It stands in the stream, whose identity was checked. */
  isBound: boolean
  /** Messages between the checkpoint and the end of the stream; undefined: not known. */
  lagMessages: number | undefined
}

/** What must be so for an operator to work, or to begin at once where another ends. */
export interface Progress {
  /** Objects that were not all read yet. */
  unsynced: readonly string[]
  isNatsConnected: boolean
  /** undefined: whether another one works is not known yet. */
  role: 'leader' | 'follower' | undefined
  reader: ReaderState
}

/** @returns why the operator is not ready, one line each; nothing when it is. */
export function reasonsNotReady(progress: Progress): string[] {
  const { unsynced, isNatsConnected, role, reader } = progress
  return [
    ...(unsynced.length > 0 ? [`caches: not every object was read yet: ${unsynced.join(', ')}`] : []),
    ...(isNatsConnected ? [] : ['nats: no connection']),
    ...(role === undefined ? ['lease: not known yet who holds it'] : []),
    ...(role === 'leader' && !reader.isBound ? ['reader: none stands in the stream of kills'] : []),
    ...(role === 'leader' && reader.lagMessages === undefined ? ['lag: not known yet'] : []),
  ]
}
