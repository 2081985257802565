import { isAscii } from 'node:buffer'
import type { LineShape } from '#kernel/dump/lineShape.ts'
import type { RawRecord } from '#kernel/kmsg/rawRecord.ts'

/** A dump of a small container fits. Bytes. */
const FIRST_BYTES = 8 * 1024
const MAX_KEPT_BYTES = 64 * 1024

/** An event's lines, one behind the other as UTF-8, and decoded all at once: one line at a time takes as long as reading it. */
export class EventLines {
  readonly shapes: LineShape[] = []
  readonly #ends: number[] = []
  #bytes = Buffer.allocUnsafe(FIRST_BYTES)
  #texts: string[] | undefined
  readonly #replaced = new Map<number, string>()

  get count(): number {
    return this.#ends.length
  }

  /** Of all lines together. */
  get byteLength(): number {
    return this.#endOf(this.count - 1)
  }

  byteLengthOf(line: number): number {
    return this.#endOf(line) - this.#endOf(line - 1)
  }

  push({ bytes, start, end }: RawRecord, shape: LineShape): void {
    const at = this.byteLength
    this.#makeRoom(at + end - start)
    bytes.copy(this.#bytes, at, start, end)
    this.#ends.push(at + end - start)
    this.shapes.push(shape)
    this.#texts = undefined
  }

  pop(): void {
    this.#replaced.delete(this.count - 1)
    this.#ends.pop()
    this.shapes.pop()
    this.#texts = undefined
  }

  /** Another text in a line's place. */
  replace(line: number, text: string): void {
    this.#replaced.set(line, text)
    this.#texts = undefined
  }

  /** Keeps its room for the next event, unless that is large. */
  clear(): void {
    this.shapes.length = 0
    this.#ends.length = 0
    this.#texts = undefined
    if (this.#replaced.size > 0) this.#replaced.clear()
    if (this.#bytes.length > MAX_KEPT_BYTES) this.#bytes = Buffer.allocUnsafe(FIRST_BYTES)
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
    for (const end of this.#ends) {
      texts.push(all === undefined ? bytes.toString('utf8', start, end) : all.slice(start, end))
      start = end
    }
    for (const [line, text] of this.#replaced) texts[line] = text
    return texts
  }

  #endOf(line: number): number {
    return line < 0 ? 0 : (this.#ends[line] ?? 0)
  }

  #makeRoom(byteLength: number): void {
    if (byteLength <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(byteLength, this.#bytes.length * 2))
    this.#bytes.copy(grown)
    this.#bytes = grown
  }
}
