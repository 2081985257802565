import type { Log } from '../build/ensureBuilt.ts'

const HEARTBEAT_MS = 30_000

/** Says that something long begins, every half minute how long it has taken, and that it is done. @param what ends with `…`. */
export async function withProgress<T>(what: string, log: Log, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now()
  const elapsed = (): string => `${Math.round((performance.now() - startedMs) / 1000)} s`
  log(what)
  const heartbeat = setInterval(() => log(`${what} ${elapsed()}`), HEARTBEAT_MS)
  try {
    const result = await work()
    log(`${what} done in ${elapsed()}`)
    return result
  } finally {
    clearInterval(heartbeat)
  }
}
