import { backoffMs } from '#program/backoff.ts'
import { ProgramError } from '#program/errors.ts'
import { RETRY_LIMITS, partOf, type Part, type Waiting } from './keepTrying.ts'
import { retryDelayMs } from './retryDelay.ts'

/** One step each of many objects, each tried again at a pace of its own: one that keeps failing holds up no other. */
export class OwnPace {
  readonly #part: Part
  readonly #waiting: Waiting
  readonly #failed = new Map<string, { attempts: number; notBeforeMs: number }>()

  constructor(part: Part, waiting: Waiting) {
    this.#part = part
    this.#waiting = waiting
  }

  /** Whether the object's step may be tried now. */
  isReady(key: string): boolean {
    return (this.#failed.get(key)?.notBeforeMs ?? -Infinity) <= this.#waiting.monotonicMs()
  }

  /** Runs a step once. @throws what is not a ProgramError with retry, and the signal's reason. */
  async run(key: string, step: () => Promise<void>): Promise<void> {
    const { signal, observer, random, monotonicMs } = this.#waiting
    signal.throwIfAborted()
    try {
      await step()
      this.#failed.delete(key)
      observer.fine(this.#part)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ProgramError && error.retry)) throw error
      const attempts = this.#failed.get(key)?.attempts ?? 0
      const ms = retryDelayMs(error, backoffMs(attempts, random(), RETRY_LIMITS))
      this.#failed.set(key, { attempts: attempts + 1, notBeforeMs: monotonicMs() + ms })
      observer.trouble(partOf(error, this.#part), error, ms)
    }
  }
}
