/** Of an object, more is passed over. Characters. */
const MAX_OBJECT_LENGTH = 1024 * 1024
const EVENT_FIELD = 'data: '

/** Whether a log begins as `journalctl -o json-pretty` or `-o json-sse` does. */
export function isJournalJson(head: Buffer): boolean {
  return /^\s*(?:\{\r?\n\s+"|data: \{)/.test(head.toString('latin1', 0, 256))
}

/**
 * Lines of `journalctl -o json-pretty` and `-o json-sse` → a line for each entry as `-o json` writes it, with the lines it
 * took. An object ends with a brace at the left. Source: systemd, src/shared/logs-show.c, output_json.
 */
export class JournalJson {
  readonly #onLine: (line: string, lines: number) => void
  #begun = ''
  #lines = 0

  constructor(onLine: (line: string, lines: number) => void) {
    this.#onLine = onLine
  }

  push(raw: string): void {
    const line = raw.trimEnd()
    if (line === '{') this.end()
    if (line !== '{' && this.#lines === 0) {
      this.#onLine(line.startsWith(EVENT_FIELD) ? line.slice(EVENT_FIELD.length) : raw, 1)
      return
    }
    this.#lines++
    // A newline within a text is escaped: between the fields it means nothing.
    if (this.#begun.length < MAX_OBJECT_LENGTH) this.#begun += line
    if (line === '}') this.end()
  }

  end(): void {
    if (this.#lines > 0) this.#onLine(this.#begun, this.#lines)
    this.#begun = ''
    this.#lines = 0
  }
}
