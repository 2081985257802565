/** Records that were overwritten before they could be read: those from `firstLost` to before `nextRead`. */
export interface LostRecords {
  firstLost: number
  nextRead: number
}

/**
 * Follows kmsg sequence numbers: which records are new, and which are missing in between.
 * A reader that fell behind gets EPIPE and goes on at the oldest record left (Documentation/ABI/testing/dev-kmsg);
 * the jump in the sequence is the measure of what is gone.
 */
export class SequenceTracker {
  #next: number
  /** The ring's beginning is no loss on a first start: nobody promised to have read what came before. */
  #anchored: boolean
  readonly #spooledThrough: number

  /**
   * @param fromSequence where a cursor says to go on; 0 when there is none
   * @param wholeBoot whether the ring's beginning is a loss all the same
   * @param spooledThrough what was read up to here, too, so that its loss is none; reading begins below it
   */
  constructor(fromSequence: number, wholeBoot = false, spooledThrough = 0) {
    this.#next = fromSequence
    this.#spooledThrough = spooledThrough
    this.#anchored = fromSequence > 0 || wholeBoot
  }

  /** The sequence after the newest record that was taken. */
  get next(): number {
    return this.#next
  }

  /**
   * `seen` for a record that was read before; otherwise it is taken, with what was lost just before it. `skipped`: what
   * is missing before it an earlier agent has read, or has found lost without being able to tell any more.
   */
  take(sequence: number): 'seen' | 'taken' | 'skipped' | LostRecords {
    if (sequence < this.#next) return 'seen'
    const missing = this.#anchored && sequence > this.#next
    const firstLost = Math.max(this.#next, this.#spooledThrough)
    this.#next = sequence + 1
    this.#anchored = true
    if (!missing) return 'taken'
    return sequence > firstLost ? { firstLost, nextRead: sequence } : 'skipped'
  }
}
