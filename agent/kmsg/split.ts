/**
 * Takes a byte stream of kmsg records apart where the reader does not keep their bounds (a pipe, a file). Push parser:
 * fed chunk by chunk, it calls back with each record's first line. Dictionary lines (they begin with a space) are
 * dropped, as nothing here is read from them.
 */
export class RecordSplitter {
  #rest: Buffer = Buffer.alloc(0)
  #overlong = false
  readonly #onRecord: (record: Buffer) => void

  constructor(onRecord: (record: Buffer) => void) {
    this.#onRecord = onRecord
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#emit(bytes.subarray(start, end))
      start = end + 1
    }
    this.#rest = Buffer.from(bytes.subarray(start))
    if (this.#rest.length > MAX_RECORD_BYTES) this.#emitOverlong()
  }

  /** Tells the stream's end: a last line without a newline is a record too. */
  end(): void {
    this.#emit(this.#rest)
    this.#rest = Buffer.alloc(0)
  }

  /** No record is that long: its head goes to the parser, which counts it as bad, and the rest is passed over. */
  #emitOverlong(): void {
    if (!this.#overlong) this.#emit(this.#rest)
    this.#rest = Buffer.alloc(0)
    this.#overlong = true
  }

  #emit(line: Buffer): void {
    if (this.#overlong) {
      this.#overlong = false
      return
    }
    if (line.length > 0 && line[0] !== SPACE && line[0] !== HASH) this.#onRecord(line)
  }
}

const NEWLINE = 0x0a
const SPACE = 0x20
/** A recording may begin with comment lines; no record does. */
const HASH = 0x23
/** PRINTKRB_RECORD_MAX escaped at four bytes a byte, and room. */
const MAX_RECORD_BYTES = 16_384
