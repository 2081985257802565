import type { Meminfo } from '../proc/meminfo.ts'
import type { Pressure } from '../proc/pressure.ts'
import type { ProcessScan } from './processScan.ts'
import { planRestMs, resolveTrouble, type MemoryTrouble } from './scanPace.ts'

export interface WatchPorts {
  scan: Pick<ProcessScan, 'run'>
  /** @returns undefined where PSI is off */
  readPressure: () => Pressure | undefined
  readMeminfo: () => Meminfo
  /** After each scan: what else is to be kept up to date at its pace. */
  onScanned: () => void
  /** A scan that could not be made, as without a descriptor left. The next one may be. */
  onFailure: (error: unknown) => void
  /** Milliseconds on a clock that only goes forward. */
  monotonicMs: () => number
}

/** How often the machine is asked whether it is in trouble. */
const LOOK_EVERY_MS = 2_000

/** Keeps the processes of the node known: scans often while memory is short, seldom in calm. */
export class ProcessWatch {
  readonly #ports: WatchPorts
  #lastKillMs = Number.NEGATIVE_INFINITY
  #before: { pressure: Pressure | undefined; atMs: number } | undefined
  #trouble: MemoryTrouble = 'calm'
  #endWait: (() => void) | undefined

  constructor(ports: WatchPorts) {
    this.#ports = ports
  }

  get trouble(): MemoryTrouble {
    return this.#trouble
  }

  /** A kill was told: more may come. */
  killed(): void {
    this.#lastKillMs = this.#ports.monotonicMs()
    // In a storm the pace is that of a storm already.
    if (this.#trouble !== 'high') this.#endWait?.()
  }

  async run(signal: AbortSignal): Promise<void> {
    const end = () => this.#endWait?.()
    signal.addEventListener('abort', end)
    while (!signal.aborted) {
      const busyMs = await this.#scan()
      await this.#rest(busyMs, signal)
    }
    signal.removeEventListener('abort', end)
  }

  async #scan(): Promise<number> {
    const { scan, onScanned, onFailure } = this.#ports
    try {
      const { busyMs } = await scan.run()
      onScanned()
      return busyMs
    } catch (error) {
      onFailure(error)
      return 0
    }
  }

  async #rest(busyMs: number, signal: AbortSignal): Promise<void> {
    const { monotonicMs } = this.#ports
    const endedMs = monotonicMs()
    for (;;) {
      this.#trouble = this.#look()
      const leftMs = endedMs + planRestMs(this.#trouble, busyMs) - monotonicMs()
      if (leftMs <= 0 || signal.aborted) return
      await this.#wait(Math.min(leftMs, LOOK_EVERY_MS))
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#endWait = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #look(): MemoryTrouble {
    const { readPressure, readMeminfo, monotonicMs } = this.#ports
    const before = this.#before
    const [atMs, pressure] = [monotonicMs(), readPressure()]
    this.#before = { pressure, atMs }
    return resolveTrouble({
      pressure,
      pressureBefore: before?.pressure,
      elapsedMs: before === undefined ? 0 : atMs - before.atMs,
      meminfo: pressure === undefined ? readMeminfo() : undefined,
      sinceKillMs: atMs - this.#lastKillMs,
    })
  }
}
