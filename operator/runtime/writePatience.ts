import { isProgramError } from '#program/errors.ts'
import { keyText, type Refusal, type ReportKey } from './reportStore.ts'

/** Where no other report could be written meanwhile, the webhook may stand before all of them, and wait for a person. */
const ALONE_TIMES = 12

/**
 * How long a report is tried that an admission webhook keeps from being written by failing. Until then its kills keep the
 * checkpoint from moving, so that it must have an end; after that each try that fails so is a refusal, until one succeeds.
 */
export class WritePatience {
  readonly #patienceMs: number
  readonly #monotonicMs: () => number
  /** Since when nothing but that came. */
  readonly #failingSinceMs = new Map<string, number>()
  #lastWrittenMs = -Infinity

  constructor(patienceMs: number, monotonicMs: () => number) {
    this.#patienceMs = patienceMs
    this.#monotonicMs = monotonicMs
  }

  written(key: ReportKey): void {
    this.#failingSinceMs.delete(keyText(key))
    this.#lastWrittenMs = this.#monotonicMs()
  }

  /**
   * Without an answer nobody knows whether the write took effect: such a failure never leads to a refusal, or its kills might count twice.
   * @returns undefined while the report is to be tried again.
   */
  failed(key: ReportKey, error: unknown): Refusal | undefined {
    if (!isProgramError(error) || error.code === 'ApiserverUnreachable') {
      this.#failingSinceMs.delete(keyText(key))
      return undefined
    }
    if (error.code !== 'WebhookFailed') return undefined
    const nowMs = this.#monotonicMs()
    const sinceMs = this.#failingSinceMs.get(keyText(key)) ?? nowMs
    this.#failingSinceMs.set(keyText(key), sinceMs)
    if (nowMs - sinceMs < this.#limitMs(key, this.#lastWrittenMs > sinceMs)) return undefined
    const seconds = Math.round((nowMs - sinceMs) / 1_000)
    return { outcome: 'refused', reason: 'WriteRefused', message: `for ${seconds} s: ${error.message}` }
  }

  /** A node's report is the last place where a kill can be counted: it is not given up before another one was written. */
  #limitMs({ kind }: ReportKey, isOtherWritten: boolean): number {
    if (kind === 'OOMReport') return isOtherWritten ? this.#patienceMs : this.#patienceMs * ALONE_TIMES
    return isOtherWritten ? this.#patienceMs * ALONE_TIMES : Infinity
  }
}
