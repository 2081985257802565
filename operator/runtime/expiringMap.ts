import { setNewest } from './setNewest.ts'

export interface ExpiringMapOptions {
  maxEntries: number
  /** Milliseconds, of any clock that goes on. */
  nowMs: () => number
}

/** Answers that are good for a while, the least lately used forgotten first. */
export class ExpiringMap<K, V> {
  readonly #options: ExpiringMapOptions
  /** Least lately used first. */
  readonly #entries = new Map<K, { value: V; untilMs: number }>()

  constructor(options: ExpiringMapOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    if (entry.untilMs <= this.#options.nowMs()) return undefined
    this.#entries.set(key, entry)
    return entry.value
  }

  set(key: K, value: V, ttlMs: number): void {
    const { maxEntries, nowMs } = this.#options
    setNewest(this.#entries, key, { value, untilMs: nowMs() + ttlMs }, maxEntries)
  }
}
