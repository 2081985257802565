import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import { messageOf, ProgramError } from '#program/errors.ts'

/**
 * A secret on disk, read for each connection, so that a rotated one needs no restart. One that cannot be read for a moment, in the
 * midst of a rotation say, is the one that was read last: the client ends its connection for good when it gets none.
 */
export class SecretFile {
  readonly #path: string
  readonly #what: 'password' | 'token' | 'seed'
  readonly #logger: Logger
  #last: string | undefined
  #trouble: string | undefined

  constructor(path: string, what: 'password' | 'token' | 'seed', logger: Logger) {
    this.#path = path
    this.#what = what
    this.#logger = logger
  }

  /** @throws ProgramError SecretUnreadable, as long as it was never read */
  read(): string {
    try {
      this.#last = readFileSync(this.#path, 'utf8').trim()
      if (this.#trouble !== undefined) this.#logger.info(`the ${this.#what} file can be read again`)
      this.#trouble = undefined
    } catch (error) {
      const trouble = `expected to read the ${this.#what} file, got: ${messageOf(error)}; let the user that this runs as read it`
      if (this.#last === undefined)
        throw new ProgramError(trouble, { code: 'SecretUnreadable', retry: true, cause: error })
      if (trouble !== this.#trouble) this.#logger.warn(`${trouble}; going on with what was read last`)
      this.#trouble = trouble
    }
    return this.#last
  }

  /** As it was read last. */
  get last(): string | undefined {
    return this.#last
  }
}
