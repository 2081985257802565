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
  #tokens: number
  #filledMs: number
  #wakeMs = Infinity

  constructor(options: WriteBudgetOptions, clock: WriteBudgetClock) {
    this.#options = options
    this.#clock = clock
    this.#tokens = options.perSecond
    this.#filledMs = clock.monotonicMs()
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
    const nowMs = this.#clock.monotonicMs()
    const { perSecond, maxInFlight, reportEveryMs } = this.#options
    this.#tokens = Math.min(perSecond, this.#tokens + ((nowMs - this.#filledMs) / 1_000) * perSecond)
    this.#filledMs = nowMs
    for (const [key, startedMs] of this.#startedMs) {
      if (startedMs + reportEveryMs > nowMs) break
      this.#startedMs.delete(key)
    }
    const later: Turn[] = []
    let wakeMs = Infinity
    for (const turn of this.#turns) {
      const readyMs = (this.#startedMs.get(turn.key) ?? -Infinity) + reportEveryMs
      const hasRoom = this.#inFlight.size < maxInFlight
      if (readyMs <= nowMs && this.#tokens >= 1 && hasRoom && !this.#inFlight.has(turn.key)) {
        this.#tokens--
        this.#inFlight.add(turn.key)
        // In order of start, so that the oldest stand first.
        this.#startedMs.delete(turn.key)
        this.#startedMs.set(turn.key, nowMs)
        turn.start()
      } else {
        later.push(turn)
        // Without room, the end of a write comes first.
        if (hasRoom) wakeMs = Math.min(wakeMs, Math.max(readyMs, nowMs + ((1 - this.#tokens) / perSecond) * 1_000))
      }
    }
    this.#turns = later
    if (Number.isFinite(wakeMs)) this.#wakeAt(Math.max(wakeMs, nowMs + 1), nowMs)
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
