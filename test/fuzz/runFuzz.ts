import { Worker } from 'node:worker_threads'
import { createShared, lanesOf, NO_SEED, type FuzzReport, type Seeds, type WorkerTask } from './fuzzTask.ts'

export interface FuzzOptions {
  seeds: Seeds
  threads: number
  /** An input that takes longer is tried once more, alone; if it does so again it hangs. Milliseconds. */
  hangAfterMs: number
  analyser?: URL
  onProgress?: (done: number) => void
}

const ANALYSER = new URL('analyseBytes.ts', import.meta.url)
const WORKER = new URL('worker.ts', import.meta.url)
const LOOK_EVERY_MS = 250

/** Checks the inputs of all seeds, in threads of which each takes the next one. The first fault ends it. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const shared = createShared()
  const lanes = Array.from({ length: options.threads }, (_lane, lane) => new Lane(lane, shared, options))
  const { done } = lanesOf(shared)
  const progress = setInterval(() => options.onProgress?.(Atomics.load(done, 0)), LOOK_EVERY_MS)
  try {
    const total: FuzzReport = { events: 0, slowestMs: 0, slowestSeed: options.seeds.first }
    const stop = (report: FuzzReport) => {
      if (report.failed !== undefined) lanesOf(shared).next[0] = options.seeds.count
      return report
    }
    for (const report of await Promise.all(lanes.map((lane) => lane.run().then(stop)))) {
      total.events += report.events
      total.failed ??= report.failed
      if (report.slowestMs > total.slowestMs)
        Object.assign(total, { slowestMs: report.slowestMs, slowestSeed: report.slowestSeed })
    }
    return total
  } finally {
    clearInterval(progress)
  }
}

/** One thread after the other in one place: where an input hangs its thread is stopped, and a new one goes on. */
class Lane {
  readonly #lane: number
  readonly #shared: SharedArrayBuffer
  readonly #options: FuzzOptions

  constructor(lane: number, shared: SharedArrayBuffer, options: FuzzOptions) {
    this.#lane = lane
    this.#shared = shared
    this.#options = options
  }

  async run(): Promise<FuzzReport> {
    const { seeds, hangAfterMs } = this.#options
    for (;;) {
      const ended = await this.#watch(this.#shared, seeds)
      if (typeof ended === 'object') return ended
      const again = await this.#watch(createShared(), { first: ended, count: 1 })
      const failed = { seed: ended, fault: `no end after ${hangAfterMs / 1000} s, twice` }
      if (typeof again === 'number') return { events: 0, slowestMs: hangAfterMs, slowestSeed: ended, failed }
      if (again.failed !== undefined) return again
      // What the stopped thread had counted is lost; its seeds were checked.
    }
  }

  /** @returns the worker's report, or the seed that it did not come to the end of. */
  async #watch(shared: SharedArrayBuffer, seeds: Seeds): Promise<FuzzReport | number> {
    const { hangAfterMs, analyser = ANALYSER } = this.#options
    const workerData: WorkerTask = { shared, lane: this.#lane, seeds, analyser: analyser.href }
    const { current } = lanesOf(shared)
    Atomics.store(current, this.#lane, NO_SEED)
    const worker = new Worker(WORKER, { workerData })
    return new Promise((resolve, reject) => {
      let seed = NO_SEED
      let sinceMs = 0
      const look = setInterval(() => {
        const now = Atomics.load(current, this.#lane)
        if (now !== seed) [seed, sinceMs] = [now, performance.now()]
        else if (seed === NO_SEED) return
        else if (performance.now() - sinceMs > hangAfterMs) void worker.terminate().then(() => resolve(seed))
      }, LOOK_EVERY_MS)
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.once('exit', () => clearInterval(look))
    })
  }
}
