import { setTimeout as sleep } from 'node:timers/promises'

export interface WaitOptions {
  deadlineMs: number
  everyMs?: number
  /** A reason why waiting on is useless, such as a process that has ended. */
  giveUp?: () => string | undefined
  /** What to show of the case when the wait fails, such as the end of a log. */
  evidence?: () => string | Promise<string>
}

/** Polls until the probe gives a value. A probe that throws has not succeeded yet; its last words go into the error. */
export async function waitUntil<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<T> {
  const startedMs = performance.now()
  let lastWords = ''
  for (;;) {
    try {
      const value = await probe()
      if (value !== undefined) return value
    } catch (error) {
      lastWords = errorMessage(error)
    }
    const waitedMs = performance.now() - startedMs
    const useless = options.giveUp?.()
    if (useless !== undefined || waitedMs > options.deadlineMs) {
      const seconds = Math.round(options.deadlineMs / 1000)
      const late = `not so within ${seconds} s${lastWords === '' ? '' : `; last answer: ${lastWords}`}`
      const evidence = (await options.evidence?.()) ?? ''
      throw new Error(`waited for ${what}: ${useless ?? late}${evidence === '' ? '' : `\n${evidence}`}`)
    }
    await sleep(options.everyMs ?? 100)
  }
}

export function errorMessage(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string') {
    return error.message === '' && 'code' in error ? String(error.code) : error.message
  }
  return String(error)
}
