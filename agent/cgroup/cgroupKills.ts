import type { CgroupFiles } from './memoryFiles.ts'
import { readOomKills } from './oomKills.ts'
import { RecentCgroups } from './recentCgroups.ts'

export interface CgroupTree extends CgroupFiles {
  /** The cgroups in this one, by name. */
  listChildren(cgroupPath: string): string[]
  /** A cgroup's number, which is no other's until the node boots; undefined when it is gone. */
  readId(cgroupPath: string): string | undefined
}

export interface CgroupKillPorts {
  files: CgroupTree
  /** Milliseconds on a clock that only goes forward. */
  monotonicMs: () => number
  /** What this program has had of a core: in a storm it waits for one more than it works. */
  cpuMs: () => number
}

/** How many kills cgroups have counted, by their paths. */
export type KillsByCgroup = ReadonlyMap<string, number>

/** More cgroups are not looked at. */
export const MAX_CGROUPS = 2_000
const TOO_MANY_FOR_MS = 600_000
/** A walk through all of them takes this part of the time at most: 10 ms for 300. */
const WALK_SHARE = 0.05

/** Reads what cgroups have counted: where kills were of late, or everywhere, which takes longer and is done less often. */
export class CgroupKills {
  readonly #ports: CgroupKillPorts
  /** In a storm only these are looked at. */
  readonly #recent = new RecentCgroups()
  #nextWalkMs = Number.NEGATIVE_INFINITY

  constructor(ports: CgroupKillPorts) {
    this.#ports = ports
  }

  get mayWalk(): boolean {
    return this.#ports.monotonicMs() >= this.#nextWalkMs
  }

  /** A cgroup's number; undefined when it is gone. */
  readId(cgroupPath: string): string | undefined {
    return this.#ports.files.readId(cgroupPath)
  }

  /** Kills were there. */
  remember(cgroupPaths: Iterable<string>): void {
    this.#recent.add(cgroupPaths, this.#ports.monotonicMs())
  }

  /** Where kills were of late. */
  readRecent(): KillsByCgroup {
    const counts = this.readOf(this.#recent.paths)
    for (const path of this.#recent.paths) if (!counts.has(path)) this.#recent.delete(path)
    return counts
  }

  /** What is gone is left out. */
  readOf(cgroupPaths: Iterable<string>): KillsByCgroup {
    const counts = new Map<string, number>()
    for (const path of cgroupPaths) {
      const count = readOomKills(this.#ports.files, path)
      if (count !== undefined) counts.set(path, count)
    }
    return counts
  }

  /** Everywhere. @returns undefined where there are too many cgroups */
  walk(): KillsByCgroup | undefined {
    const { files, monotonicMs, cpuMs } = this.#ports
    const beforeMs = cpuMs()
    const counts = new Map<string, number>()
    const paths = ['']
    let seen = 0
    for (let path = paths.pop(); path !== undefined && seen < MAX_CGROUPS; path = paths.pop(), seen++) {
      // The root is nobody's place: what is there is said to be unknown (parseMemoryCgroup).
      const count = path === '' ? undefined : readOomKills(files, path)
      if (count !== undefined) counts.set(path, count)
      for (const name of files.listChildren(path)) paths.push(`${path}/${name}`)
    }
    const isAll = paths.length === 0
    this.#nextWalkMs = monotonicMs() + (isAll ? (cpuMs() - beforeMs) / WALK_SHARE : TOO_MANY_FOR_MS)
    return isAll ? counts : undefined
  }
}
