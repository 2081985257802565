/** So many lines broken at one width are no accident. */
const LEAST = 3

/**
 * Learns from a log whether its lines were broken at the width of a terminal, in the middle of words, rather than at
 * spaces, as a mail program does: then what was broken has one length, and nothing is longer. (Rows of a table that a
 * mail program broke have one length too.)
 */
export class WrapWidth {
  readonly #counts = new Map<number, number>()
  #total = 0
  #longest = 0

  /** @param isBroken whether a line without a prefix followed one of this length */
  observe(length: number, isBroken: boolean): void {
    this.#longest = Math.max(this.#longest, length)
    if (!isBroken) return
    this.#total++
    this.#counts.set(length, (this.#counts.get(length) ?? 0) + 1)
  }

  /** Whether a line of this length is broken and goes on without a space. */
  isHard(length: number): boolean {
    if (length !== this.#longest) return false
    const count = this.#counts.get(length) ?? 0
    return count >= LEAST && count * 2 > this.#total
  }
}
