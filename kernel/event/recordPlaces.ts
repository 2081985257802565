import type { LogRecord } from '#kernel/transport/logReader.ts'

/** Where a record stands in the log and when it was written. */
export interface RecordPlace {
  line: number
  stamp?: string | undefined
  monotonicUsec?: number | undefined
}

/** More than one event holds (openEvent.ts, MAX_EVENT_LINES), with what may come in between. */
const KEPT = 65_536

/** The places of the last records, in a ring: an event is told when it has ended, and says where it began. */
export class RecordPlaces {
  readonly #lines = new Float64Array(KEPT)
  readonly #usecs = new Float64Array(KEPT)
  readonly #stamps: (string | undefined)[] = []

  add({ sequence, line, stamp, hasKernelClock, monotonicUsec }: LogRecord): void {
    const at = sequence % KEPT
    this.#lines[at] = line
    this.#usecs[at] = hasKernelClock ? monotonicUsec : -1
    this.#stamps[at] = stamp
  }

  of(sequence: number): RecordPlace {
    const at = sequence % KEPT
    const usec = this.#usecs[at] ?? -1
    return { line: this.#lines[at] ?? 0, stamp: this.#stamps[at], monotonicUsec: usec < 0 ? undefined : usec }
  }
}
