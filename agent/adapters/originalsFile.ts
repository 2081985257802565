import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { messageOf } from '#program/errors.ts'
import { formatKillScopes, parseKillScopes, type OwnKillScopes } from '../adjust/killScopes.ts'
import { formatOriginals, parseOriginals, type Kept, type Originals } from '../adjust/originals.ts'
import { isRightMissing, isUnreadable, stateUnwritable } from '../errors.ts'

/** What is kept, in a file of its own. */
export interface KeptForm<T> {
  file: string
  what: string
  format: (bootId: string, kept: Kept<T>) => string
  parse: (text: string, bootId: string) => { ok: true; kept: Kept<T> } | { ok: false; reason: string }
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

/** Now, on two clocks. */
export interface Instant {
  wallMs: number
  /** Since boot: the clock of a process's start time. */
  uptimeMs: number
}

/** As a process's start time is counted, whatever the kernel's own tick (USER_HZ). */
const MS_PER_TICK = 10

/** What was there before, on disk: replaced by rename, so that a crash of the agent leaves the old or the new. Without fsync: what
 * a crash of the machine takes is of a boot that has ended, and with it every process. */
export class OriginalsFile<T extends Originals | OwnKillScopes> {
  readonly #form: KeptForm<T>
  readonly #path: string
  readonly #bootId: string
  readonly #now: () => Instant
  readonly #logger: Logger
  #lostAtTicks: number | undefined

  constructor(stateDir: string, form: KeptForm<T>, bootId: string, now: () => Instant, logger: Logger) {
    this.#form = form
    this.#path = join(stateDir, form.file)
    this.#bootId = bootId
    this.#now = now
    this.#logger = logger
    try {
      mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    } catch (error) {
      // Then nothing can be saved either, and no score is written.
      if (!isRightMissing(error)) throw stateUnwritable(stateDir, error)
    }
  }

  /** What containers that are as old, in clock ticks since boot, had before is lost; undefined where nothing is. */
  get lostAtTicks(): number | undefined {
    return this.#lostAtTicks
  }

  /** @throws ProgramError StateUnwritable */
  read(): T {
    let text: string
    let writtenMs: number
    try {
      text = readFileSync(this.#path, 'utf8')
      writtenMs = statSync(this.#path).mtimeMs
    } catch (error) {
      // What may not be read may not be replaced either: no score is written.
      if (isUnreadable(error)) return {} as T
      throw stateUnwritable(this.#path, error)
    }
    const parsed = this.#form.parse(text, this.#bootId)
    if (parsed.ok) {
      this.#lostAtTicks = parsed.kept.lostAtTicks
      return parsed.kept.containers
    }
    const { wallMs, uptimeMs } = this.#now()
    // What a crash of the machine leaves of a file that was just made: its containers have ended with that boot.
    if (writtenMs < wallMs - uptimeMs) return {} as T
    this.#lostAtTicks = Math.ceil(uptimeMs / MS_PER_TICK)
    this.#keepDamaged(parsed.reason)
    return {} as T
  }

  /** @throws ErrnoException when the disk refuses; the old ones then stand. */
  write(kept: T): void {
    this.#prepare(kept)
    renameSync(`${this.#path}.new`, this.#path)
  }

  #prepare(containers: T): void {
    const text = this.#form.format(this.#bootId, { containers, lostAtTicks: this.#lostAtTicks })
    writeFileSync(`${this.#path}.new`, text, { mode: 0o600 })
  }

  /** That it is lost is on disk before the damaged one goes: the next start must know it, too. */
  #keepDamaged(reason: string): void {
    const { what } = this.#form
    const lost = `expected the ${what} of before, got: ${reason}; containers that are there now are left as they are until they start anew`
    const keptAs = `${this.#path}.corrupt`
    try {
      this.#prepare({} as T)
      renameSync(this.#path, keptAs)
      renameSync(`${this.#path}.new`, this.#path)
      this.#logger.warn({ path: this.#path, keptAs }, lost)
    } catch (error) {
      this.#logger.warn({ path: this.#path }, `${lost}; that could not be noted: ${messageOf(error)}`)
    }
  }
}
