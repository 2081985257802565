import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { formatOriginals, parseOriginals, type Originals } from '../adjust/originals.ts'
import { isRightMissing, isUnreadable, stateUnwritable } from '../errors.ts'

/** The scores that were there before, on disk: replaced by rename after fsync, so that a crash leaves the old or the new. */
export class OriginalsFile {
  readonly #path: string
  readonly #bootId: string
  readonly #logger: Logger

  constructor(stateDir: string, bootId: string, logger: Logger) {
    this.#path = join(stateDir, 'scores.json')
    this.#bootId = bootId
    this.#logger = logger
    try {
      mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    } catch (error) {
      // Then nothing can be saved either, and no score is written.
      if (!isRightMissing(error)) throw stateUnwritable(stateDir, error)
    }
  }

  /** @throws ProgramError StateUnwritable */
  read(): Originals {
    let text: string
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch (error) {
      // What may not be read may not be replaced either: no score is written.
      if (isUnreadable(error)) return {}
      throw stateUnwritable(this.#path, error)
    }
    const parsed = parseOriginals(text, this.#bootId)
    if (parsed.ok) return parsed.containers
    const keptAs = `${this.#path}.corrupt`
    renameSync(this.#path, keptAs)
    this.#logger.warn(
      { path: this.#path, keptAs },
      `expected the scores of before, got: ${parsed.reason}; scores set before this start stay until their containers end`,
    )
    return {}
  }

  /** @throws ErrnoException when the disk refuses; the old ones then stand. */
  write(originals: Originals): void {
    const temporary = `${this.#path}.new`
    const descriptor = openSync(temporary, 'w', 0o600)
    try {
      writeSync(descriptor, formatOriginals(this.#bootId, originals))
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, this.#path)
  }
}
