import { isAscii } from 'node:buffer'
import type { LineShape } from '#kernel/dump/lineShape.ts'
import type { TextBytes } from '#kernel/kmsg/textBytes.ts'

/** A dump of a small container fits. Bytes. */
const FIRST_BYTES = 8 * 1024

/** An event's lines, one behind the other as UTF-8, and decoded all at once: one line at a time takes as long as reading it. */
export class EventLines {
  readonly shapes: LineShape[] = []
  readonly #ends: number[] = []
  #bytes = Buffer.allocUnsafe(FIRST_BYTES)
  #texts: string[] | undefined

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

  push({ bytes, start, end }: TextBytes, shape: LineShape): void {
    const at = this.byteLength
    this.#makeRoom(at + end - start)
    bytes.copy(this.#bytes, at, start, end)
    this.#ends.push(at + end - start)
    this.shapes.push(shape)
    this.#texts = undefined
  }

  pop(): void {
    this.#ends.pop()
    this.shapes.pop()
    this.#texts?.pop()
  }

  texts(): readonly string[] {
    this.#texts ??= this.#decode()
    return this.#texts
  }

  #decode(): string[] {
    const bytes = this.#bytes.subarray(0, this.byteLength)
    if (!isAscii(bytes)) return this.#ends.map((end, line) => bytes.toString('utf8', this.#endOf(line - 1), end))
    const all = bytes.toString('latin1')
    return this.#ends.map((end, line) => all.slice(this.#endOf(line - 1), end))
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
