export interface BackoffOptions {
  firstMs: number
  maxMs: number
}

/**
 * Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), so that a
 * cluster's agents do not come back all at once.
 * @param attempt 0 for the first retry.
 * @param random in [0, 1).
 * @returns milliseconds to wait.
 */
export function backoffMs(attempt: number, random: number, { firstMs, maxMs }: BackoffOptions): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30))
  return Math.round(ceiling / 2 + (random * ceiling) / 2)
}
