import { TokenBucket } from './tokenBucket.ts'

export interface WriteBudgetOptions {
  /** Writes per second of all reports; as many at once after a rest. */
  perSecond: number
  maxInFlight: number
  /** From the start of one write of a report to the next one's. */
  reportEveryMs: number
}

export interface WriteBudgetClock {
  /** Milliseconds on any clock that only goes forward. */
  monotonicMs: () => number
  /** Rejects when the program ends. */
  sleep: (ms: number) => Promise<void>
}

interface Turn {
  key: string
  start: () => void
}

/**
 * Says when a report may be written: whoever has waited longest first, no report more often than its pace, none twice
 * at a time, and all of them within one rate. A report that was at rest is written at once.
 */
export class WriteBudget {
  readonly #options: WriteBudgetOptions
  readonly #clock: WriteBudgetClock
  #turns: Turn[] = []
  readonly #inFlight = new Set<string>()
  readonly #startedMs = new Map<string, number>()
  readonly #bucket: TokenBucket
  #wakeMs = Infinity

  constructor(options: WriteBudgetOptions, clock: WriteBudgetClock) {
    this.#options = options
    this.#clock = clock
    this.#bucket = new TokenBucket(options.perSecond, 1_000 / options.perSecond, clock.monotonicMs())
  }

  /** Runs one write when it is the report's turn. @throws what the write throws, and the signal's reason. */
  async run<T>(key: string, signal: AbortSignal, write: () => Promise<T>): Promise<T> {
    await this.#takeTurn(key, signal)
    try {
      return await write()
    } finally {
      this.#inFlight.delete(key)
      this.#startTurns()
    }
  }

  #takeTurn(key: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const turn: Turn = {
      key,
      start: () => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      },
    }
    const giveUp = (): void => {
      this.#turns = this.#turns.filter((other) => other !== turn)
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', giveUp, { once: true })
    this.#turns.push(turn)
    this.#startTurns()
    return promise
  }

  #startTurns(): void {
    const { maxInFlight, reportEveryMs } = this.#options
    // Without room, the end of a write comes first.
    if (this.#turns.length === 0 || this.#inFlight.size >= maxInFlight) return
    const nowMs = this.#clock.monotonicMs()
    const tokenWaitMs = this.#bucket.waitMs(nowMs)
    if (tokenWaitMs > 0) return this.#wakeAt(nowMs + tokenWaitMs, nowMs)
    for (const [key, startedMs] of this.#startedMs) {
      if (startedMs + reportEveryMs > nowMs) break
      this.#startedMs.delete(key)
    }
    const later: Turn[] = []
    let nextReadyMs = Infinity
    for (const turn of this.#turns) {
      const readyMs = (this.#startedMs.get(turn.key) ?? -Infinity) + reportEveryMs
      const hasRoom = this.#inFlight.size < maxInFlight && !this.#inFlight.has(turn.key)
      if (hasRoom && readyMs <= nowMs && this.#bucket.take(nowMs)) {
        this.#inFlight.add(turn.key)
        // In order of start, so that the oldest stand first.
        this.#startedMs.delete(turn.key)
        this.#startedMs.set(turn.key, nowMs)
        turn.start()
      } else {
        later.push(turn)
        // The end of its report's write, or of any where there is no room, starts turns by itself.
        if (hasRoom) nextReadyMs = Math.min(nextReadyMs, readyMs)
      }
    }
    this.#turns = later
    if (nextReadyMs < Infinity) this.#wakeAt(Math.max(nextReadyMs, nowMs + this.#bucket.waitMs(nowMs)), nowMs)
  }

  #wakeAt(wakeMs: number, nowMs: number): void {
    if (wakeMs >= this.#wakeMs) return
    this.#wakeMs = wakeMs
    const wake = (): void => {
      if (this.#wakeMs !== wakeMs) return
      this.#wakeMs = Infinity
      this.#startTurns()
    }
    // A program that ends has no more turns: each waiter is told by its own signal.
    this.#clock.sleep(Math.ceil(wakeMs - nowMs)).then(wake, () => {})
  }
}
