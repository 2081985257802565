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
  readonly #places: RecordPlace[] = []

  add({ sequence, line, stamp, hasKernelClock, monotonicUsec }: LogRecord): void {
    this.#places[sequence % KEPT] = { line, stamp, monotonicUsec: hasKernelClock ? monotonicUsec : undefined }
  }

  of(sequence: number): RecordPlace {
    return this.#places[sequence % KEPT] ?? { line: 0 }
  }
}
