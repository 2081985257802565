import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { formatKillScopes, parseKillScopes, type OwnKillScopes } from '../adjust/killScopes.ts'
import { formatOriginals, parseOriginals, type Originals } from '../adjust/originals.ts'
import { isRightMissing, isUnreadable, stateUnwritable } from '../errors.ts'

/** What is kept, in a file of its own. */
export interface KeptForm<T> {
  file: string
  what: string
  format: (bootId: string, kept: T) => string
  parse: (text: string, bootId: string) => { ok: true; containers: T } | { ok: false; reason: string }
}

export const SCORES: KeptForm<Originals> = {
  file: 'scores.json',
  what: 'scores',
  format: formatOriginals,
  parse: parseOriginals,
}

export const KILL_SCOPES: KeptForm<OwnKillScopes> = {
  file: 'kill-scopes.json',
  what: 'kill scopes',
  format: formatKillScopes,
  parse: parseKillScopes,
}

/** What was there before, on disk: replaced by rename, so that a crash of the agent leaves the old or the new. Without fsync: what
 * a crash of the machine takes is of a boot that has ended, and with it every process. */
export class OriginalsFile<T extends Originals | OwnKillScopes> {
  readonly #form: KeptForm<T>
  readonly #path: string
  readonly #bootId: string
  readonly #logger: Logger

  constructor(stateDir: string, form: KeptForm<T>, bootId: string, logger: Logger) {
    this.#form = form
    this.#path = join(stateDir, form.file)
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
  read(): T {
    let text: string
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch (error) {
      // What may not be read may not be replaced either: no score is written.
      if (isUnreadable(error)) return {} as T
      throw stateUnwritable(this.#path, error)
    }
    // What a crash of the machine leaves of a file that was just made.
    if (text === '') return {} as T
    const { parse, what } = this.#form
    const parsed = parse(text, this.#bootId)
    if (parsed.ok) return parsed.containers
    const keptAs = `${this.#path}.corrupt`
    renameSync(this.#path, keptAs)
    this.#logger.warn(
      { path: this.#path, keptAs },
      `expected the ${what} of before, got: ${parsed.reason}; ${what} set before this start stay until their containers end`,
    )
    return {} as T
  }

  /** @throws ErrnoException when the disk refuses; the old ones then stand. */
  write(kept: T): void {
    const temporary = `${this.#path}.new`
    writeFileSync(temporary, this.#form.format(this.#bootId, kept), { mode: 0o600 })
    renameSync(temporary, this.#path)
  }
}
