import type { Target } from './resolveTarget.ts'

/** Of a record's fields that are short, and of the objects. */
const RECORD_BYTES = 1_000

/** What a record takes in memory: its long texts have a byte for a character. */
export function bytesOfRecord({
  candidates = '',
  verdict = '',
  prediction = '',
  memory = '',
}: Target['record']): number {
  return RECORD_BYTES + candidates.length + verdict.length + prediction.length + memory.length
}

/** What the places of the stream that are not settled take in memory. */
export class HeldBytes {
  readonly #bySequence = new Map<number, number>()
  #total = 0

  get total(): number {
    return this.#total
  }

  /** In place of what the sequence held before. */
  hold(sequence: number, bytes: number): void {
    this.release(sequence)
    this.#bySequence.set(sequence, bytes)
    this.#total += bytes
  }

  release(sequence: number): void {
    this.#total -= this.#bySequence.get(sequence) ?? 0
    this.#bySequence.delete(sequence)
  }
}
