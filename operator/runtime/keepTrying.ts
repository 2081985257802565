import { backoffMs } from '#program/backoff.ts'
import { ProgramError } from '#program/errors.ts'
import { retryDelayMs } from './retryDelay.ts'

/** What the operator stands on; readiness says which of it is missing. */
export const PARTS = [
  'apiserver',
  'lease',
  'nats',
  'pods',
  'namespaces',
  'nodes',
  'runtimeclasses',
  'oompolicies',
  'policies',
  'statuses',
  'reader',
  'checkpoint',
  'streams',
  'rejects',
  'webhooks',
  'events',
] as const
export type Part = (typeof PARTS)[number]

export interface TroubleObserver {
  /** A step failed and will be tried again. */
  trouble(part: Part, error: unknown, retryInMs: number): void
  fine(part: Part): void
}

export interface Waiting {
  observer: TroubleObserver
  /** Rejects when the signal is aborted. */
  sleep: (ms: number) => Promise<void>
  random: () => number
  /** Milliseconds on any clock that only goes forward. */
  monotonicMs: () => number
  signal: AbortSignal
}

export const RETRY_LIMITS = { firstMs: 200, maxMs: 10_000 }
/** A step that went well for this long and then failed starts with short waits again. */
const STEADY_MS = 30_000

/** The same, until a signal of its own too. */
export function stoppable(waiting: Waiting, stop: AbortSignal): Waiting {
  const signal = AbortSignal.any([waiting.signal, stop])
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  stopped.catch(() => {})
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  return { ...waiting, signal, sleep: (ms) => Promise.race([waiting.sleep(ms), stopped]) }
}

/** A webhook that fails is a trouble of the objects that it stands before, and none of the apiserver: nobody says that all of them are fine. */
export function partOf(error: ProgramError, part: Part): Part {
  return error.code === 'WebhookFailed' ? 'webhooks' : part
}

/**
 * Runs a step until it succeeds, with backoff, for ever: used where going on without it would lose a kill.
 * @throws what is not a ProgramError with retry, and the signal's reason.
 */
export async function keepTrying<T>(part: Part, waiting: Waiting, step: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    waiting.signal.throwIfAborted()
    const startedMs = waiting.monotonicMs()
    try {
      const result = await step()
      waiting.observer.fine(part)
      return result
    } catch (error) {
      waiting.signal.throwIfAborted()
      if (!(error instanceof ProgramError && error.retry)) throw error
      if (waiting.monotonicMs() - startedMs > STEADY_MS) attempt = 0
      const ms = retryDelayMs(error, backoffMs(attempt, waiting.random(), RETRY_LIMITS))
      waiting.observer.trouble(partOf(error, part), error, ms)
      await waiting.sleep(ms)
    }
  }
}
