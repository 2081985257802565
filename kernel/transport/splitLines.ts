const NEWLINE = 0x0a

/** A longer line is cut: no transport writes one that holds a kernel's record. Bytes. */
const MAX_LINE_BYTES = 1024 * 1024

/** Chunks of a stream → its lines, decoded, without newline. Holds no more than the line that is not whole yet. */
export class LineSplitter {
  readonly #onLine: (line: string) => void
  #rest: Buffer[] = []
  #restBytes = 0

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  push(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk, start, end)
      this.#flush()
      start = end + 1
    }
    this.#keep(chunk, start, chunk.length)
  }

  end(): void {
    if (this.#restBytes > 0) this.#flush()
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const room = MAX_LINE_BYTES - this.#restBytes
    const piece = chunk.subarray(start, Math.min(end, start + room))
    if (piece.length === 0) return
    this.#rest.push(piece)
    this.#restBytes += piece.length
  }

  #flush(): void {
    const [only] = this.#rest
    const line = this.#rest.length === 1 && only !== undefined ? only : Buffer.concat(this.#rest)
    this.#rest = []
    this.#restBytes = 0
    this.#onLine(line.toString())
  }
}
