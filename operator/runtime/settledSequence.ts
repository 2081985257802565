/** The highest sequence with everything at or below it settled, while sequences are settled in any order. */
export class SettledSequence {
  /** Opened and not yet passed, ascending. */
  readonly #open: number[] = []
  readonly #settled = new Set<number>()
  #passed = 0
  #value: number

  constructor(value: number) {
    this.#value = value
  }

  get value(): number {
    return this.#value
  }

  /** @param sequence Higher than all opened before. */
  open(sequence: number): void {
    this.#open.push(sequence)
  }

  settle(sequence: number): void {
    this.#settled.add(sequence)
    let next = this.#open[this.#passed]
    while (next !== undefined && this.#settled.delete(next)) {
      this.#value = next
      next = this.#open[++this.#passed]
    }
    // Cut off now and then: once for each sequence would take time with the square of what is open.
    if (this.#passed > 1_000 && this.#passed * 2 > this.#open.length) {
      this.#open.splice(0, this.#passed)
      this.#passed = 0
    }
  }
}
