import { closeSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Logger } from 'pino'
import { describeStateReadOnly, isRightMissing, isUnreadable, stateUnwritable } from '../errors.ts'
import { formatCursor, parseCursor, type Cursor } from '../kmsg/cursor.ts'

/** The cursor on disk: replaced by rename after fsync, so that a crash leaves the old one or the new one. */
export class CursorFile {
  readonly #path: string
  readonly #logger: Logger

  /** A folder without the right to write is said, and gone without. @throws ProgramError StateUnwritable for what is no folder. */
  constructor(stateDir: string, logger: Logger) {
    this.#path = join(stateDir, 'cursor.json')
    this.#logger = logger
    try {
      mkdirSync(stateDir, { recursive: true, mode: 0o700 })
      const probe = openSync(join(stateDir, '.probe'), 'w')
      closeSync(probe)
    } catch (error) {
      if (!isRightMissing(error)) throw stateUnwritable(stateDir, error)
      logger.error(describeStateReadOnly(stateDir, error))
    }
  }

  /** A cursor that cannot be read is put aside, and reading starts as on a new node: a stored kill is not told twice. */
  read(): Cursor | undefined {
    let text: string
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch (error) {
      if (isUnreadable(error)) return undefined
      throw stateUnwritable(dirname(this.#path), error)
    }
    const parsed = parseCursor(text)
    if (parsed.ok) return parsed.cursor
    const aside = `${this.#path}.corrupt`
    renameSync(this.#path, aside)
    this.#logger.warn(
      { path: this.#path, keptAs: aside },
      `expected a cursor (boot id and sequence), got one that is not: ${parsed.reason}; reading the kernel's ring from its beginning`,
    )
    return undefined
  }

  /** Rejects with ErrnoException when the disk refuses; the old cursor then stands. */
  async write(cursor: Cursor): Promise<void> {
    const temporary = `${this.#path}.new`
    const file = await open(temporary, 'w', 0o600)
    try {
      await file.writeFile(formatCursor(cursor))
      await file.datasync()
    } finally {
      await file.close()
    }
    await rename(temporary, this.#path)
  }
}
