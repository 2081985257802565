import type { Logger } from 'pino'
import { ProgramError, messageOf } from '#program/errors.ts'
import type { Part, TroubleObserver } from '../runtime/keepTrying.ts'

/** The same trouble is said again after this long. */
const REPEAT_MS = 60_000

/** Says each trouble in one line when it begins, changes, lasts and ends, and knows for readiness which there are. */
export class TroubleLog implements TroubleObserver {
  readonly #logger: Logger
  readonly #onTrouble: (part: Part) => void
  readonly #troubles = new Map<Part, { message: string; saidMs: number }>()

  constructor(logger: Logger, onTrouble: (part: Part) => void) {
    this.#logger = logger
    this.#onTrouble = onTrouble
  }

  trouble(part: Part, error: unknown, retryInMs: number): void {
    this.#onTrouble(part)
    const message = messageOf(error)
    const before = this.#troubles.get(part)
    const repeated = before?.message === message && Date.now() - before.saidMs < REPEAT_MS
    this.#troubles.set(part, { message, saidMs: repeated ? before.saidMs : Date.now() })
    if (repeated) return
    const code = error instanceof ProgramError ? error.code : undefined
    this.#logger.warn({ part, code, retryInMs }, `${message}; trying again`)
  }

  fine(part: Part): void {
    if (this.#troubles.delete(part)) this.#logger.info({ part }, 'back to normal')
  }

  /** A webhook that fails keeps its own objects from being written, and is no reason why the rest should not be. */
  reasons(): string[] {
    return [...this.#troubles]
      .filter(([part]) => part !== 'webhooks')
      .map(([part, { message }]) => `${part}: ${message}`)
  }
}
