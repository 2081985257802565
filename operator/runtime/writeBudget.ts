import { TokenBucket } from '#program/tokenBucket.ts'

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

/** `upkeep`: what can wait while kills do. */
export type WritePurpose = 'kills' | 'upkeep'

/** While kills wait, one write in so many is upkeep, one at a time, so that a storm without end does not keep it from being done. */
const WRITES_PER_UPKEEP = 8

interface Turn {
  key: string
  purpose: WritePurpose
  start: () => void
}

/**
 * Says when a report may be written: kills before upkeep, else whoever has waited longest first, no report more often than its
 * pace, none twice at a time, and all of them within one rate. A report that was at rest is written at once.
 */
export class WriteBudget {
  readonly #options: WriteBudgetOptions
  readonly #clock: WriteBudgetClock
  #turns: Turn[] = []
  readonly #inFlight = new Map<string, WritePurpose>()
  readonly #startedMs = new Map<string, number>()
  readonly #bucket: TokenBucket
  #wakeMs = Infinity
  #killsSinceUpkeep = 0

  constructor(options: WriteBudgetOptions, clock: WriteBudgetClock) {
    this.#options = options
    this.#clock = clock
    this.#bucket = new TokenBucket(options.perSecond, 1_000 / options.perSecond, clock.monotonicMs())
  }

  /** Runs one write when it is the report's turn. @throws what the write throws, and the signal's reason. */
  async run<T>(key: string, signal: AbortSignal, write: () => Promise<T>, purpose: WritePurpose = 'kills'): Promise<T> {
    await this.#takeTurn(key, purpose, signal)
    try {
      return await write()
    } finally {
      this.#inFlight.delete(key)
      this.#startTurns()
    }
  }

  #takeTurn(key: string, purpose: WritePurpose, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const turn: Turn = {
      key,
      purpose,
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
    const started = new Set<Turn>()
    let nextReadyMs = Infinity
    const start = (turn: Turn): boolean => {
      const readyMs = (this.#startedMs.get(turn.key) ?? -Infinity) + reportEveryMs
      if (this.#inFlight.size >= maxInFlight || this.#inFlight.has(turn.key) || started.has(turn)) return false
      if (readyMs > nowMs || !this.#bucket.take(nowMs)) {
        // The end of its report's write, or of any where there is no room, starts turns by itself.
        nextReadyMs = Math.min(nextReadyMs, readyMs)
        return false
      }
      this.#inFlight.set(turn.key, turn.purpose)
      // In order of start, so that the oldest stand first.
      this.#startedMs.delete(turn.key)
      this.#startedMs.set(turn.key, nowMs)
      this.#killsSinceUpkeep = turn.purpose === 'upkeep' ? 0 : this.#killsSinceUpkeep + 1
      started.add(turn)
      turn.start()
      return true
    }
    const { kills = [], upkeep = [] } = Object.groupBy(this.#turns, ({ purpose }) => purpose)
    // One that takes long, pod after pod, would else hold ever more of the places.
    const isUpkeepDone = ![...this.#inFlight.values()].includes('upkeep')
    if (isUpkeepDone && this.#killsSinceUpkeep >= WRITES_PER_UPKEEP - 1) upkeep.find(start)
    kills.forEach(start)
    upkeep.forEach(start)
    this.#turns = this.#turns.filter((turn) => !started.has(turn))
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
