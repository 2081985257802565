import type { Logger } from 'pino'
import { printable } from '#program/errors.ts'
import type { LoginRefusal } from '../identity/loginDesk.ts'

/** Of one reason, a line in this time: whoever is refused can try as often as it likes. */
const REPEAT_MS = 60_000
const MAX_MESSAGE_CHARS = 400

/** Says why logins are refused, in few lines however many there are. */
export class RefusalLog {
  readonly #logger: Logger
  readonly #nowMs: () => number
  readonly #said = new Map<LoginRefusal, { atMs: number; unsaid: number }>()

  constructor(logger: Logger, nowMs: () => number) {
    this.#logger = logger
    this.#nowMs = nowMs
  }

  /** @param message Text from outside may be in it. */
  note(reason: LoginRefusal, address: string, message: string): void {
    const before = this.#said.get(reason)
    const nowMs = this.#nowMs()
    if (before !== undefined && nowMs - before.atMs < REPEAT_MS) {
      before.unsaid++
      return
    }
    this.#said.set(reason, { atMs: nowMs, unsaid: 0 })
    const fields = { reason, address: bounded(address, 64), ...(before && { since: before.unsaid }) }
    this.#logger.warn(fields, `a login to NATS is refused: ${bounded(message, MAX_MESSAGE_CHARS)}`)
  }
}

function bounded(text: string, most: number): string {
  const line = printable(text.slice(0, 2 * most))
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`
}
