/** The highest sequence with everything at or below it settled, while sequences are settled in any order. */
export class SettledSequence {
  /** Opened and not yet passed, ascending. */
  readonly #open: number[] = []
  /** When each of them was stored. */
  readonly #storedAtMs: number[] = []
  readonly #settled = new Set<number>()
  #passed = 0
  #value: number
  #storedUntilMs: number

  /** @param storedUntilMs When the latest message at or below it was stored. */
  constructor(value: number, storedUntilMs = -Infinity) {
    this.#value = value
    this.#storedUntilMs = storedUntilMs
  }

  get value(): number {
    return this.#value
  }

  /** When the latest message at or below it was stored: the server's clock may go back. Absent: not known. */
  get storedUntilMs(): number | undefined {
    return this.#storedUntilMs === -Infinity ? undefined : this.#storedUntilMs
  }

  /** @param sequence Higher than all opened before. */
  open(sequence: number, storedAtMs = -Infinity): void {
    this.#open.push(sequence)
    this.#storedAtMs.push(storedAtMs)
  }

  settle(sequence: number): void {
    this.#settled.add(sequence)
    let next = this.#open[this.#passed]
    while (next !== undefined && this.#settled.delete(next)) {
      this.#value = next
      this.#storedUntilMs = Math.max(this.#storedUntilMs, this.#storedAtMs[this.#passed] ?? -Infinity)
      next = this.#open[++this.#passed]
    }
    // Cut off now and then: once for each sequence would take time with the square of what is open.
    if (this.#passed > 1_000 && this.#passed * 2 > this.#open.length) {
      this.#open.splice(0, this.#passed)
      this.#storedAtMs.splice(0, this.#passed)
      this.#passed = 0
    }
  }
}
