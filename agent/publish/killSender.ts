import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMs } from '#program/backoff.ts'
import type { SpooledKill } from '../spool/record.ts'
import type { KillQueue } from './killQueue.ts'
import { shrinkKill } from './shrink.ts'
import { unlessAborted } from './unlessAborted.ts'
import type { NotStoredReason, PublishOutcome } from './outcome.ts'

export interface KillSenderPorts {
  queue: Pick<KillQueue, 'peek' | 'done' | 'size'>
  publish(subject: string, payload: Uint8Array): Promise<PublishOutcome>
  random: () => number
  /** Called after each attempt, whatever became of it. */
  onOutcome(outcome: PublishOutcome, kill: SpooledKill, retryInMs: number | undefined): void
}

const BACKOFF = { firstMs: 100, maxMs: 15_000 }

/**
 * Sends what waits, in order. One is in flight at a time: a round trip takes a fraction of a millisecond (0.15 ms at
 * the median), and the order in which kills are stored is the order in which the kernel printed them.
 */
export class KillSender {
  readonly #ports: KillSenderPorts
  #blocked: NotStoredReason | undefined
  #wake: (() => void) | undefined
  #retry = new AbortController()
  #drained: (() => void)[] = []

  constructor(ports: KillSenderPorts) {
    this.#ports = ports
  }

  /** There is something to send. */
  wake(): void {
    this.#wake?.()
  }

  /** What kept the oldest kill may have passed: its wait is over. */
  retryNow(): void {
    this.#retry.abort()
  }

  /** Why the oldest kill could not be stored at its last attempt; undefined when nothing is stuck. */
  get blocked(): NotStoredReason | undefined {
    return this.#blocked
  }

  /** Resolves when nothing is waiting. */
  async drained(): Promise<void> {
    if (this.#ports.queue.size > 0) await new Promise<void>((resolve) => this.#drained.push(resolve))
  }

  /** Sends until the signal is aborted; a kill leaves the queue only when it is stored. */
  async run(signal: AbortSignal): Promise<void> {
    const { queue } = this.#ports
    let attempt = 0
    while (!signal.aborted) {
      const kill = queue.peek()
      if (kill === undefined) {
        if (queue.size === 0) for (const resolve of this.#drained.splice(0)) resolve()
        await unlessAborted(signal, new Promise<void>((resolve) => (this.#wake = resolve)))
        continue
      }
      const outcome = await unlessAborted(signal, this.#publish(kill))
      if (outcome === undefined) return
      if (outcome.kind === 'notStored') {
        const waitMs = backoffMs(attempt++, this.#ports.random(), BACKOFF)
        this.#blocked = outcome.reason
        this.#ports.onOutcome(outcome, kill, waitMs)
        this.#retry = new AbortController()
        const cut = AbortSignal.any([signal, this.#retry.signal])
        await sleep(waitMs, undefined, { signal: cut, ref: false }).catch(() => undefined)
        continue
      }
      attempt = 0
      this.#blocked = undefined
      queue.done(kill)
      this.#ports.onOutcome(outcome, kill, undefined)
    }
  }

  /** With less, where the server takes no message of that size: those behind it must not wait for a hand on the server. */
  async #publish(kill: SpooledKill): Promise<PublishOutcome> {
    let { payload } = kill
    for (;;) {
      const outcome = await this.#ports.publish(kill.subject, payload)
      if (outcome.kind !== 'notStored' || outcome.reason !== 'tooLarge') return outcome
      const less = shrinkKill(payload)
      if (less === undefined) return outcome
      this.#ports.onOutcome(outcome, kill, 0)
      payload = less
    }
  }
}
