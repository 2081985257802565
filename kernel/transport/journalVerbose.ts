import { entryLine, JOURNAL_FIELDS } from './jsonEntry.ts'

/** `Wed 2025-12-17 11:32:14.123456 CET [s=…;i=…;b=…;m=…;t=…;x=…]` begins an entry. */
const ENTRY = /^(\S{2,12} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? \S{1,8}) \[s=[0-9a-f]{32};i=/
const FIELD = /^( {4}([A-Z_][A-Z0-9_]*)=)(.*)$/
/** Of an entry, more is passed over. Characters. */
const MAX_MESSAGE_LENGTH = 256 * 1024

/** Whether one of the first lines begins an entry of `journalctl -o verbose`; `-- Boot …` may stand before it. */
export function isJournalVerbose(head: Buffer): boolean {
  const lines = head.toString('latin1', 0, 1024).split('\n', 4)
  return lines.some((line) => ENTRY.test(line))
}

/**
 * Lines of `journalctl -o verbose` → a line for each entry as `-o json` writes it, with the lines it took. A text of several
 * lines goes on below its beginning. Source: systemd, src/shared/logs-show.c, output_verbose.
 */
export class JournalVerbose {
  readonly #onLine: (line: string, lines: number) => void
  #entry: Record<string, string> | undefined
  #lines = 0
  /** The field that may go on, with what stands before each of its lines. */
  #open: { name: string; indentation: string } | undefined

  constructor(onLine: (line: string, lines: number) => void) {
    this.#onLine = onLine
  }

  push(raw: string): void {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    const time = ENTRY.exec(line)?.[1]
    if (time !== undefined) {
      this.end()
      this.#entry = { time }
      this.#lines = 1
      return
    }
    if (this.#entry === undefined) {
      this.#onLine(raw, 1)
      return
    }
    this.#lines++
    const field = FIELD.exec(line)
    if (this.#goOn(this.#entry, line) || field === null) return
    const [, indentation = '', name = '', text = ''] = field
    this.#open = undefined
    if (!JOURNAL_FIELDS.has(name) || this.#entry[name] !== undefined) return
    this.#entry[name] = text
    this.#open = { name, indentation: ' '.repeat(indentation.length) }
  }

  end(): void {
    if (this.#entry !== undefined) this.#onLine(entryLine(this.#entry), this.#lines)
    this.#entry = undefined
    this.#open = undefined
  }

  #goOn(entry: Record<string, string>, line: string): boolean {
    if (this.#open === undefined || !line.startsWith(this.#open.indentation)) return false
    const { name, indentation } = this.#open
    const text = entry[name] ?? ''
    if (text.length < MAX_MESSAGE_LENGTH) entry[name] = `${text}\n${line.slice(indentation.length)}`
    return true
  }
}
