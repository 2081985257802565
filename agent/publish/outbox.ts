import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMs } from '#program/backoff.ts'
import type { NotStoredReason, PublishOutcome } from './outcome.ts'

/** A kill on its way: encoded once, sent until it is stored. */
export interface OutgoingKill {
  subject: string
  payload: Uint8Array
  /** The earliest kmsg record that telling this kill again would need. */
  neededSequence: number
}

export interface OutboxPorts {
  publish(subject: string, payload: Uint8Array): Promise<PublishOutcome>
  random: () => number
  /** Called after each attempt, whatever became of it. */
  onOutcome(outcome: PublishOutcome, kill: OutgoingKill, retryInMs: number | undefined): void
}

const BACKOFF = { firstMs: 100, maxMs: 15_000 }

/**
 * Kills waiting for their ack, in order. One is in flight at a time: a round trip takes a fraction of a millisecond
 * (0.15 ms at the median), and the order in which kills are stored is the order in which the kernel printed them.
 */
export class Outbox {
  readonly #waiting: OutgoingKill[] = []
  readonly #ports: OutboxPorts
  #bytes = 0
  #blocked: NotStoredReason | undefined
  #wake: (() => void) | undefined
  #drained: (() => void)[] = []

  constructor(ports: OutboxPorts) {
    this.#ports = ports
  }

  add(kill: OutgoingKill): void {
    this.#waiting.push(kill)
    this.#bytes += kill.payload.length
    this.#wake?.()
  }

  get size(): number {
    return this.#waiting.length
  }

  /** What the payloads that wait take in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /** Why the oldest kill could not be stored at its last attempt; undefined when nothing is stuck. */
  get blocked(): NotStoredReason | undefined {
    return this.#blocked
  }

  /** The earliest kmsg record that a kill still waiting needs. */
  get neededSequence(): number | undefined {
    let needed: number | undefined
    for (const kill of this.#waiting)
      if (needed === undefined || kill.neededSequence < needed) needed = kill.neededSequence
    return needed
  }

  /** Resolves when nothing is waiting. */
  async drained(): Promise<void> {
    if (this.#waiting.length > 0) await new Promise<void>((resolve) => this.#drained.push(resolve))
  }

  /** Sends until the signal is aborted; a kill leaves the outbox only when it is stored. */
  async run(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    let attempt = 0
    while (!signal.aborted) {
      const kill = this.#waiting[0]
      if (kill === undefined) {
        await Promise.race([aborted, new Promise<void>((resolve) => (this.#wake = resolve))])
        continue
      }
      const outcome = await Promise.race([aborted, this.#ports.publish(kill.subject, kill.payload)])
      if (outcome === undefined) return
      if (outcome.kind === 'notStored') {
        const waitMs = backoffMs(attempt++, this.#ports.random(), BACKOFF)
        this.#blocked = outcome.reason
        this.#ports.onOutcome(outcome, kill, waitMs)
        await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined)
        continue
      }
      attempt = 0
      this.#blocked = undefined
      this.#waiting.shift()
      this.#bytes -= kill.payload.length
      this.#ports.onOutcome(outcome, kill, undefined)
      if (this.#waiting.length === 0) for (const resolve of this.#drained.splice(0)) resolve()
    }
  }
}
