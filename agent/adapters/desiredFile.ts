import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { messageOf } from '#program/errors.ts'
import { formatConfirmation, parseConfirmation, type Confirmation } from '../adjust/hold.ts'

/** A desired state as it was read. */
export interface RememberedState {
  revision: number
  text: string
}

/**
 * The desired state that was read last and when it was confirmed, kept over the agent's restarts. Whoever loses it loses
 * nothing but time: so no fsync, and what cannot be read is not there.
 */
export class DesiredFile {
  readonly #statePath: string
  readonly #confirmationPath: string
  readonly #logger: Logger
  #written: number | undefined
  #said = false

  constructor(stateDir: string, logger: Logger) {
    this.#statePath = join(stateDir, 'desired.json')
    this.#confirmationPath = join(stateDir, 'confirmed.json')
    this.#logger = logger
  }

  /** @returns undefined where there is none; its text is not checked. */
  read(): RememberedState | undefined {
    const [head = '', ...rest] = (readOrNothing(this.#statePath) ?? '').split('\n')
    return /^\d{1,15}$/.test(head) ? { revision: Number(head), text: rest.join('\n') } : undefined
  }

  /** Once for each revision. */
  write({ revision, text }: RememberedState): void {
    if (revision === this.#written) return
    if (this.#replace(this.#statePath, `${revision}\n${text}`)) this.#written = revision
  }

  /** There is none any more. */
  remove(): void {
    this.#written = undefined
    try {
      rmSync(this.#statePath, { force: true })
    } catch (error) {
      this.#trouble(error)
    }
  }

  readConfirmation(): Confirmation | undefined {
    return parseConfirmation(readOrNothing(this.#confirmationPath) ?? '')
  }

  writeConfirmation(last: Confirmation): void {
    this.#replace(this.#confirmationPath, formatConfirmation(last))
  }

  #replace(path: string, text: string): boolean {
    try {
      writeFileSync(`${path}.new`, text, { mode: 0o600 })
      renameSync(`${path}.new`, path)
      return true
    } catch (error) {
      this.#trouble(error)
      return false
    }
  }

  /** Said once. */
  #trouble(error: unknown): void {
    if (this.#said) return
    this.#said = true
    this.#logger.warn(
      `expected to keep the desired state on disk, got: ${messageOf(error)}; after a restart holdFor is counted anew`,
    )
  }
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
