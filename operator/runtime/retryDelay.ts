import { isProgramError } from '#program/errors.ts'

/** No more often than that, and no kill waits for longer because a header says so. */
const RETRY_AFTER_LIMITS = { minMs: 1_000, maxMs: 30_000 }

/**
 * How long to wait before a step is tried again: as long as its own backoff says, and no shorter than the apiserver asked for
 * (Retry-After, of API Priority and Fairness and of an apiserver that starts or ends).
 * @returns milliseconds.
 */
export function retryDelayMs(error: unknown, backoffMs: number): number {
  const asked = isProgramError(error) ? error.facts['retryAfterMs'] : undefined
  if (typeof asked !== 'number') return backoffMs
  const { minMs, maxMs } = RETRY_AFTER_LIMITS
  return Math.max(backoffMs, Math.min(maxMs, Math.max(minMs, asked)))
}
