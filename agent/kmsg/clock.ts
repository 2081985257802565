/** A moment on both clocks. */
export interface ClockReading {
  wallMs: number
  monotonicUsec: number
}

/** Records that wait are read without a pause: one that comes after so long a rest was just printed. */
const REST_USEC = 200_000
/** It was then printed as long after the one before as it was read after it, but for what reading that one took. */
const RESTED_SHARE = 0.9
/** The clocks drift apart by seconds a day at most, and the reading of one record may be late: the least of so many counts. */
const SAMPLES = 16

/**
 * When a kmsg time stamp was, on clocks that others have. Stamps are of printk's own clock (kernel/printk/printk.c, local_clock), which nobody sets
 * right: after weeks it may be minutes behind CLOCK_MONOTONIC. By how much, records tell that are read as they are printed.
 */
export class PrintkClock {
  /** How far it was behind, microseconds, with what it took to read; the latest last. */
  readonly #behindUsec: number[] = []
  #last: { recordUsec: number; readUsec: number } | undefined

  /** A record has been read. */
  note(recordUsec: number, now: ClockReading): void {
    const last = this.#last
    this.#last = { recordUsec, readUsec: now.monotonicUsec }
    if (last === undefined) return
    const restUsec = now.monotonicUsec - last.readUsec
    // On a busy machine this program may have stood still with records waiting.
    if (restUsec < REST_USEC || recordUsec - last.recordUsec < restUsec * RESTED_SHARE) return
    this.#behindUsec.push(Math.max(0, now.monotonicUsec - recordUsec))
    if (this.#behindUsec.length > SAMPLES) this.#behindUsec.shift()
  }

  /** Reading has been stopped for a while: the next record may have waited. */
  interrupt(): void {
    this.#last = undefined
  }

  /** A fresh record may seem to come from the future: it does not. */
  moment(recordUsec: number, now: ClockReading): ClockReading {
    const behindUsec = this.#behindUsec.length === 0 ? 0 : Math.min(...this.#behindUsec)
    const agoUsec = Math.max(0, now.monotonicUsec - recordUsec - behindUsec)
    return { wallMs: Math.round(now.wallMs - agoUsec / 1000), monotonicUsec: now.monotonicUsec - agoUsec }
  }
}
