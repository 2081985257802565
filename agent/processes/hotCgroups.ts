import type { CgroupFiles } from '../cgroup/memoryFiles.ts'
import { RecentCgroups } from '../cgroup/recentCgroups.ts'

export interface HotPorts {
  cgroups: CgroupFiles
  /** Takes a process into the table that is in this cgroup. @returns whether it had to be read */
  look: (pid: number, cgroupPath: string) => boolean
  /** Is told all that are in a cgroup. */
  onList: (cgroupPath: string, pids: ReadonlySet<number>) => void
  /** Each time, also where that would be too often for the lists. */
  onTurn: () => void
  /** Milliseconds on a clock that only goes forward. */
  monotonicMs: () => number
}

/** Where more than a second passes between kills, the scans of the whole node find the victims. */
const STORM_MS = 1_000
const HOT_FOR_MS = 30_000
/** Victims of a storm live for 10 ms and more. */
const TURN_MS = 4
/**
 * So often are hot cgroups looked at in a storm: at each kill, and in between. Less often where that would take more than
 * this share of a core.
 */
const EVERY_MS = 16
const AT_MOST_EVERY_MS = 2
const SHARE = 0.05
/** What one file takes of a core. By the clock a look takes longer in a storm: this program waits more than it works. */
const MS_PER_FILE = 0.025
/** A list that is longer may have been cut. */
const WHOLE_CHARS = 16_000

/**
 * In a storm of kills victims live for milliseconds, and no scan of the node sees them: the cgroups in which the kernel has
 * just killed are looked at, by their list of processes, while the storm lasts.
 */
export class HotCgroups {
  readonly #ports: HotPorts
  readonly #hot = new RecentCgroups()
  #lastKillMs = Number.NEGATIVE_INFINITY
  #nextLookMs = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(ports: HotPorts) {
    this.#ports = ports
  }

  get size(): number {
    return this.#hot.size
  }

  /** @param cgroupPaths where the kill was, or may have been */
  killed(cgroupPaths: readonly string[]): void {
    const nowMs = this.#ports.monotonicMs()
    this.#lastKillMs = nowMs
    this.#hot.add(cgroupPaths, nowMs)
    this.#hot.forgetBefore(nowMs - HOT_FOR_MS)
    if (nowMs >= this.#nextLookMs) this.#look()
    this.#timer ??= setTimeout(() => this.#goOn(), TURN_MS).unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #goOn(): void {
    const { monotonicMs, onTurn } = this.#ports
    this.#timer = undefined
    onTurn()
    const nowMs = monotonicMs()
    if (nowMs - this.#lastKillMs >= STORM_MS) return
    if (nowMs >= this.#nextLookMs + EVERY_MS - AT_MOST_EVERY_MS) this.#look()
    this.#timer = setTimeout(() => this.#goOn(), TURN_MS).unref()
  }

  #look(): void {
    let files = 0
    for (const path of this.#hot.paths) files += this.#lookAt(path)
    this.#nextLookMs = this.#ports.monotonicMs() + Math.max(AT_MOST_EVERY_MS, (files * MS_PER_FILE) / SHARE)
  }

  /** @returns how many files were read */
  #lookAt(cgroupPath: string): number {
    const { cgroups, look, onList } = this.#ports
    const text = cgroups.readText(`${cgroupPath}/cgroup.procs`)
    if (text === undefined) {
      this.#hot.delete(cgroupPath)
      return 1
    }
    // 0: a process of another PID namespace, which has no number here.
    const pids = new Set(
      text
        .split('\n')
        .map(Number)
        .filter((pid) => pid > 0),
    )
    let files = 1
    for (const pid of pids) if (look(pid, cgroupPath)) files++
    if (text.length < WHOLE_CHARS) onList(cgroupPath, pids)
    return files
  }
}
