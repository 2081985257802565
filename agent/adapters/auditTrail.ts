import type { Logger } from 'pino'
import { encodeAuditRecord } from '#contract/auditRecord.ts'
import { auditSubject } from '#contract/subjects.ts'
import { messageOf } from '#program/errors.ts'
import type { WriteNote } from '../adjust/adjuster.ts'
import { auditRecordOf } from '../adjust/auditRecordOf.ts'
import { Wake } from '../adjust/wake.ts'

/** About 2 MiB. */
const MAX_WAITING = 4_096
const RETRY_MS = 2_000
const IDLE_MS = 60_000

interface Waiting {
  subject: string
  payload: string
}

export interface AuditTrailPorts {
  isConnected(): boolean
  /** Resolves when it is stored. */
  publish(subject: string, payload: string): Promise<unknown>
  now: () => Date
  /** Resolves at the latest when the signal is aborted. */
  sleep(ms: number, until: AbortSignal): Promise<void>
  onStored(): void
  /** The oldest was given up. */
  onDropped(): void
}

/** Tells OOM_AUDIT of each write. No write waits for it: while NATS is away the newest are kept, and the others counted. */
export class AuditTrail {
  readonly #node: string
  readonly #ports: AuditTrailPorts
  readonly #logger: Logger
  readonly #waiting: Waiting[] = []
  readonly #wake = new Wake()
  #said: string | undefined

  constructor(node: string, ports: AuditTrailPorts, logger: Logger) {
    this.#node = node
    this.#ports = ports
    this.#logger = logger
  }

  note(note: WriteNote): void {
    const record = auditRecordOf(note, this.#node, this.#ports.now())
    const subject = auditSubject(this.#node, record.podUid)
    this.#waiting.push({ subject, payload: encodeAuditRecord(record) })
    if (this.#waiting.length > MAX_WAITING) {
      this.#waiting.shift()
      this.#ports.onDropped()
    }
    this.#wake.call()
  }

  /** Stores one after the other, each until it is; a crash between the two may store one twice. Resolves when aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const woken = this.#wake.arm()
      const waitMs = await this.#storeAll(signal)
      const until = waitMs === IDLE_MS ? AbortSignal.any([signal, woken]) : signal
      await this.#ports.sleep(waitMs, until)
    }
  }

  /** @returns how long to wait for more, or to try again. */
  async #storeAll(signal: AbortSignal): Promise<number> {
    for (;;) {
      const [next] = this.#waiting
      if (next === undefined || signal.aborted) return IDLE_MS
      // What is published meanwhile would wait in the client's memory, without a bound.
      if (!this.#ports.isConnected()) return RETRY_MS
      try {
        await this.#ports.publish(next.subject, next.payload)
      } catch (error) {
        this.#trouble(messageOf(error))
        return RETRY_MS
      }
      this.#said = undefined
      this.#ports.onStored()
      // Unless it was given up in the meantime.
      if (this.#waiting[0] === next) this.#waiting.shift()
    }
  }

  /** Said once until it changes or passes. */
  #trouble(message: string): void {
    if (this.#said !== message)
      this.#logger.warn(
        `expected to store what was written in OOM_AUDIT, got: ${message}; it waits, ${MAX_WAITING} at most`,
      )
    this.#said = message
  }
}
