import { setImmediate as turn } from 'node:timers/promises'

/** A clock that stands still while anything can go on, and then goes to the next time that somebody waits for. */
export class FakeClock {
  nowMs: number
  #sleepers: { atMs: number; wake: () => void }[] = []

  constructor(nowMs: number) {
    this.nowMs = nowMs
  }

  sleep = (ms: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#sleepers.push({ atMs: this.nowMs + ms, wake: resolve })
    return promise
  }

  /** Runs the clock until something has come to its end. */
  async until<T>(done: Promise<T>): Promise<T> {
    let isDone = false
    const end = (): void => void (isDone = true)
    done.then(end, end)
    for (;;) {
      await turn()
      if (isDone) return done
      this.#goOn()
    }
  }

  #goOn(): void {
    const [next] = this.#sleepers.toSorted((a, b) => a.atMs - b.atMs)
    if (next === undefined) return
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next)
    this.nowMs = Math.max(this.nowMs, next.atMs)
    next.wake()
  }
}
