/** Seeds from the first on, which is at least 1. */
export interface Seeds {
  first: number
  count: number
}

/** What a worker is started with. */
export interface WorkerTask {
  shared: SharedArrayBuffer
  lane: number
  seeds: Seeds
  /** Address of a module that exports `analyseBytes`. */
  analyser: string
}

/** What a worker has to say when it has ended. */
export interface FuzzReport {
  events: number
  slowestMs: number
  slowestSeed: number
  failed?: { seed: number; fault: string } | undefined
}

/** In place of a seed: the worker is starting, or has ended. */
export const NO_SEED = 0

const MAX_LANES = 16
const WORD = Uint32Array.BYTES_PER_ELEMENT

/** The memory that all threads see, with nothing done. */
export function createShared(): SharedArrayBuffer {
  return new SharedArrayBuffer((2 + MAX_LANES) * WORD)
}

/** `next` counts the seeds that were taken, `done` those that ended, `current` is the seed of each worker. */
export function lanesOf(shared: SharedArrayBuffer): { next: Uint32Array; done: Uint32Array; current: Uint32Array } {
  return {
    next: new Uint32Array(shared, 0, 1),
    done: new Uint32Array(shared, WORD, 1),
    current: new Uint32Array(shared, 2 * WORD, MAX_LANES),
  }
}
