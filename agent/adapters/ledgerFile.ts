import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { messageOf } from '#program/errors.ts'
import { isUnreadable } from '../errors.ts'
import { formatLedger, parseLedger, type SavedLedger } from '../completeness/ledger.ts'

/**
 * The counts of a boot on disk, replaced by rename. Without fsync: after a power failure they are another boot's, and
 * nobody asks for them.
 */
export class LedgerFile {
  readonly #path: string
  readonly #logger: Logger

  constructor(stateDir: string, logger: Logger) {
    this.#path = join(stateDir, 'completeness.json')
    this.#logger = logger
  }

  /** Counts that cannot be read begin anew: what was counted before is then "before the first look". */
  read(): SavedLedger | undefined {
    let text: string
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch (error) {
      // A missing right to the whole folder is said of that.
      if (!isUnreadable(error))
        this.#logger.warn(`expected to read the counts of kills, got: ${messageOf(error)}; counting anew`)
      return undefined
    }
    const parsed = parseLedger(text)
    if (parsed.ok) return parsed.ledger
    this.#logger.warn({ path: this.#path }, `expected counts of kills, got others: ${parsed.reason}; counting anew`)
    return undefined
  }

  /** @throws ErrnoException when the disk refuses; the old counts then stand. */
  write(ledger: SavedLedger): void {
    const temporary = `${this.#path}.new`
    writeFileSync(temporary, formatLedger(ledger), { mode: 0o600 })
    renameSync(temporary, this.#path)
  }
}
