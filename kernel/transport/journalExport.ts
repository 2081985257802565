import { entryLine, JOURNAL_FIELDS } from './jsonEntry.ts'

const NEWLINE = 0x0a
const LENGTH_BYTES = 8
/** Of a field, more is passed over: a core dump is a field too. Bytes. */
const MAX_FIELD_BYTES = 1024 * 1024

interface SizedField {
  name: string
  missing: number
  kept: Buffer[]
  keptBytes: number
}

/** Whether a log begins as `journalctl -o export` does. */
export function isJournalExport(head: Buffer): boolean {
  return /^\s*__(?:CURSOR|REALTIME_TIMESTAMP|MONOTONIC_TIMESTAMP|SEQNUM)=/.test(head.toString('latin1', 0, 256))
}

/**
 * Chunks of `journalctl -o export` → a line for each entry as `-o json` writes it, with the lines it took. A field is
 * `NAME=text`, or `NAME`, eight bytes of length, and as many bytes of anything (a text of several lines); an empty line
 * ends an entry. Source: systemd, docs/JOURNAL_EXPORT_FORMATS.md.
 */
export class JournalExport {
  readonly #onLine: (line: string, lines: number) => void
  #rest = Buffer.alloc(0)
  #entry: Record<string, string> = {}
  #lines = 0
  /** The field whose length comes next. */
  #sized: string | undefined
  /** The field whose bytes are being read, with the newline after them. */
  #data: SizedField | undefined

  constructor(onLine: (line: string, lines: number) => void) {
    this.#onLine = onLine
  }

  push(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (let taken = -1; taken !== 0 && bytes.length > 0; bytes = bytes.subarray(taken)) taken = this.#take(bytes)
    this.#rest = Buffer.from(bytes)
  }

  end(): void {
    if (this.#data === undefined && this.#sized === undefined && this.#rest.length > 0) this.#takeLine(this.#rest)
    if (this.#data !== undefined) this.#endData(this.#data)
    this.#emit()
  }

  /** @returns how many bytes were read; 0 where more is needed */
  #take(bytes: Buffer): number {
    if (this.#data !== undefined) return this.#takeData(this.#data, bytes)
    if (this.#sized !== undefined) {
      if (bytes.length < LENGTH_BYTES) return 0
      const missing = Number(bytes.readBigUInt64LE()) + 1
      this.#data = { name: this.#sized, missing, kept: [], keptBytes: 0 }
      this.#sized = undefined
      this.#lines += countNewlines(bytes.subarray(0, LENGTH_BYTES))
      return LENGTH_BYTES
    }
    const end = bytes.indexOf(NEWLINE)
    if (end >= 0) {
      this.#lines++
      this.#takeLine(bytes.subarray(0, end))
      return end + 1
    }
    // No field has so long a text without a length: it is no export any more.
    return bytes.length > MAX_FIELD_BYTES ? bytes.length : 0
  }

  #takeLine(line: Buffer): void {
    if (line.length === 0) {
      this.#emit()
      return
    }
    const equals = line.indexOf('=')
    if (equals < 0) this.#sized = line.toString()
    else this.#keep(line.toString('utf8', 0, equals), line.toString('utf8', equals + 1))
  }

  #takeData(data: SizedField, bytes: Buffer): number {
    const part = bytes.subarray(0, data.missing)
    data.missing -= part.length
    this.#lines += countNewlines(part)
    const wanted = part.subarray(0, Math.max(0, MAX_FIELD_BYTES - data.keptBytes))
    if (JOURNAL_FIELDS.has(data.name)) data.kept.push(Buffer.from(wanted))
    data.keptBytes += wanted.length
    if (data.missing === 0) this.#endData(data)
    return part.length
  }

  #endData({ name, missing, kept }: SizedField): void {
    this.#data = undefined
    const text = Buffer.concat(kept).toString()
    this.#keep(name, missing === 0 && text.endsWith('\n') ? text.slice(0, -1) : text)
  }

  /** A field may be given twice; the first is the message. */
  #keep(name: string, text: string): void {
    if (JOURNAL_FIELDS.has(name)) this.#entry[name] ??= text
  }

  #emit(): void {
    const entry = this.#entry
    const lines = this.#lines
    this.#entry = {}
    this.#lines = 0
    if (lines > 0) this.#onLine(entryLine(entry), lines)
  }
}

/** As an editor counts them, in a length too. */
function countNewlines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++
  return count
}
