/** What must be so for an operator to work, or to begin at once where another ends. */
export interface Progress {
  /** Objects that were not all read yet. */
  unsynced: readonly string[]
  isNatsConnected: boolean
  /** undefined: whether another one works is not known yet. */
  role: 'leader' | 'follower' | undefined
  /** The reader stands in the stream whose identity was checked, and how much lies before it is known. */
  isReading: boolean
}

/** @returns why the operator is not ready, one line each; nothing when it is. */
export function reasonsNotReady(progress: Progress): string[] {
  const { unsynced, isNatsConnected, role, isReading } = progress
  return [
    ...(unsynced.length > 0 ? [`caches: not every object was read yet: ${unsynced.join(', ')}`] : []),
    ...(isNatsConnected ? [] : ['nats: no connection']),
    ...(role === undefined ? ['lease: not known yet who holds it'] : []),
    ...(role === 'leader' && !isReading ? ['reader: no reader of kills yet'] : []),
  ]
}
