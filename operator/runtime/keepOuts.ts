import { setNewest } from './setNewest.ts'

/** What was stored longer ago is a flood of before: nothing is gained by keeping its node out now. */
const RECENT_MS = 300_000
/** A node that has been quiet for so long after it was let in again begins anew. */
const FORGOTTEN_MS = 3_600_000
const MAX_NODES = 20_000

export interface KeepOutOptions {
  firstSeconds: number
  maxSeconds: number
  /** Milliseconds since 1970. */
  nowMs: () => number
}

/** For how long nodes that flood are not let in: each time they do it again, twice as long. */
export class KeepOuts {
  readonly #options: KeepOutOptions
  readonly #last = new Map<string, { storedAtMs: number; seconds: number }>()

  constructor(options: KeepOutOptions) {
    this.#options = options
  }

  /**
   * @param storedAtMs When a message beyond the node's share was stored, by the server's clock: what came before it was cut, or in
   *   the moment of that, says nothing new.
   * @returns undefined where the node is kept out already, or floods no longer.
   */
  plan(node: string, storedAtMs: number): number | undefined {
    const { firstSeconds, maxSeconds, nowMs } = this.#options
    if (storedAtMs < nowMs() - RECENT_MS) return undefined
    const last = this.#last.get(node)
    const sinceMs = last === undefined ? Infinity : storedAtMs - (last.storedAtMs + last.seconds * 1_000)
    if (sinceMs < 0) return undefined
    const isAgain = last !== undefined && sinceMs < FORGOTTEN_MS
    const seconds = isAgain ? Math.min(maxSeconds, 2 * last.seconds) : firstSeconds
    setNewest(this.#last, node, { storedAtMs, seconds }, MAX_NODES)
    return seconds
  }
}
