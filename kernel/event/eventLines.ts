import { isAscii } from 'node:buffer'
import type { LineShape } from '#kernel/dump/lineShape.ts'
import type { RawRecord } from '#kernel/kmsg/rawRecord.ts'

/** A dump of a small container fits. Bytes. */
const FIRST_BYTES = 8 * 1024
const FIRST_LINES = 128
const MAX_KEPT_BYTES = 64 * 1024

/**
 * An event's lines, one behind the other as UTF-8, and decoded all at once: one line at a time takes as long as reading it.
 * Used again for the next event, since its room is the largest thing made of one.
 */
export class EventLines {
  count = 0
  /** Of all lines together. */
  byteLength = 0
  /** Of the first `count` lines; more may stand behind them. */
  readonly shapes: LineShape[] = []
  #bytes = Buffer.allocUnsafe(FIRST_BYTES)
  #ends = new Uint32Array(FIRST_LINES)
  /** Lines with another text than was pushed. */
  readonly #replaced = new Map<number, string>()
  #texts: string[] | undefined

  push({ bytes, start, end }: RawRecord, shape: LineShape): void {
    const at = this.byteLength
    this.byteLength = at + end - start
    this.#makeRoom()
    bytes.copy(this.#bytes, at, start, end)
    this.#ends[this.count] = this.byteLength
    this.shapes[this.count++] = shape
    this.#texts = undefined
  }

  pop(): void {
    this.#replaced.delete(--this.count)
    this.byteLength = this.#startOf(this.count)
    this.#texts = undefined
  }

  /** Another text in a line's place. */
  replace(line: number, text: string): void {
    this.#replaced.set(line, text)
    this.#texts = undefined
  }

  /** Keeps its room, unless that is large. */
  clear(): void {
    this.count = 0
    this.byteLength = 0
    this.#texts = undefined
    this.#replaced.clear()
    if (this.#bytes.length <= MAX_KEPT_BYTES) return
    this.#bytes = Buffer.allocUnsafe(FIRST_BYTES)
    this.#ends = new Uint32Array(FIRST_LINES)
    this.shapes.length = 0
  }

  byteLengthOf(line: number): number {
    return (this.#ends[line] ?? 0) - this.#startOf(line)
  }

  texts(): readonly string[] {
    this.#texts ??= this.#decode()
    return this.#texts
  }

  #decode(): string[] {
    const bytes = this.#bytes.subarray(0, this.byteLength)
    const all = isAscii(bytes) ? bytes.toString('latin1') : undefined
    const texts: string[] = []
    let start = 0
    for (let line = 0; line < this.count; line++) {
      const end = this.#ends[line] ?? 0
      texts.push(all === undefined ? bytes.toString('utf8', start, end) : all.slice(start, end))
      start = end
    }
    for (const [line, text] of this.#replaced) texts[line] = text
    return texts
  }

  #startOf(line: number): number {
    return line === 0 ? 0 : (this.#ends[line - 1] ?? 0)
  }

  #makeRoom(): void {
    if (this.byteLength > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.byteLength, this.#bytes.length * 2))
      this.#bytes.copy(grown)
      this.#bytes = grown
    }
    if (this.count === this.#ends.length) {
      const grown = new Uint32Array(this.#ends.length * 2)
      grown.set(this.#ends)
      this.#ends = grown
    }
  }
}
