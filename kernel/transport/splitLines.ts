const NEWLINE = 0x0a

/** A longer line is cut: no transport writes one that holds a kernel's record. Bytes. */
const MAX_LINE_BYTES = 1024 * 1024

/** Chunks of a stream → its lines, decoded, without newline. Holds no chunk, and no more than the line that is not whole. */
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
      if (this.#restBytes === 0) {
        this.#onLine(chunk.toString('utf8', start, Math.min(end, start + MAX_LINE_BYTES)))
      } else {
        this.#keep(chunk, start, end)
        this.#flush()
      }
      start = end + 1
    }
    this.#keep(chunk, start, chunk.length)
  }

  end(): void {
    if (this.#restBytes > 0) this.#flush()
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const length = Math.min(end - start, MAX_LINE_BYTES - this.#restBytes)
    if (length <= 0) return
    this.#rest.push(Buffer.from(chunk.subarray(start, start + length)))
    this.#restBytes += length
  }

  #flush(): void {
    const line = Buffer.concat(this.#rest).toString()
    this.#rest = []
    this.#restBytes = 0
    this.#onLine(line)
  }
}
