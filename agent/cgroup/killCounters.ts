import type { UnexplainedKills } from '../completeness/recovery.ts'
import type { CgroupFiles } from './memoryFiles.ts'
import { isIn } from '../rank/processSnapshot.ts'
import { readOomKills } from './oomKills.ts'

export interface CgroupTree extends CgroupFiles {
  /** The cgroups in this one, by name. */
  listChildren(cgroupPath: string): string[]
}

export interface KillCounterPorts {
  files: CgroupTree
  /** The kernel's count of all kills since boot; undefined where it does not count. */
  readKernelKills: () => number | undefined
  /** Called with kills that cgroups have counted and that had no line: it was lost, or it is very late. */
  onUnexplained?: (found: readonly UnexplainedKills[]) => void
  /** Milliseconds on a clock that only goes forward, as those of the kills. */
  monotonicMs: () => number
  /** What this program has had of a core: in a storm it waits for one more than it works. */
  cpuMs: () => number
}

/** More cgroups are not looked at: then nobody is named by them. */
const MAX_CGROUPS = 2_000
const TOO_MANY_FOR_MS = 600_000
/** A walk through all of them takes this part of the time at most: 10 ms for 300. */
const WALK_SHARE = 0.05
/** Where kills were of late: in a storm only these are looked at. */
const MAX_RECENT = 64
/** The kernel's clock of its log and the others are some milliseconds apart: a kill this near to a look may be in it or not. */
const UNSURE_MS = 10
/** So long after the last kill line every line of a kill that was counted has been read. */
const QUIET_MS = 2_000

/**
 * Whose kill it was, by what the kernel counts: where every kill that has no line yet was counted in one cgroup, the line at
 * hand is that cgroup's. Else nobody can say. The counts are read only when they are asked for.
 */
export class KillCounters {
  readonly #ports: KillCounterPorts
  /** What is explained of each cgroup's count: that at the first look, and a kill more for each that was named. */
  readonly #explained = new Map<string, number>()
  /** In the order of their last kills. */
  readonly #recent = new Set<string>()
  /** The kernel's count, as far as there were lines for it. Undefined until it was looked at. */
  #told: number | undefined
  /** Of these: lines that nobody could be named for. Their cgroups have grown all the same. */
  #unnamed = 0
  /** When the counts were taken for explained. */
  #settledMs = Number.POSITIVE_INFINITY
  /** Lines were lost: a cgroup that has grown may have grown by theirs. */
  #isLineLost = false
  #lastLineMs = Number.NEGATIVE_INFINITY
  #nextWalkMs = Number.NEGATIVE_INFINITY
  /** So many of the next lines are this cgroup's: it had grown by all that were waiting. */
  #next: { cgroupPath: string; lines: number } = { cgroupPath: '', lines: 0 }
  #grown: string[] = []

  constructor(ports: KillCounterPorts) {
    this.#ports = ports
  }

  /** Where kills were counted that are not explained, as of the last time that somebody was to be found. */
  get grown(): readonly string[] {
    return this.#grown
  }

  /** Takes the counts as they are for explained, when no line is on its way: at the first look, and after lines were lost. */
  settle(): void {
    const nowMs = this.#ports.monotonicMs()
    if (nowMs - this.#lastLineMs < QUIET_MS || nowMs < this.#nextWalkMs) return
    const settledMs = this.#ports.monotonicMs()
    const kills = this.#ports.readKernelKills()
    if (kills === undefined || (kills === this.#told && this.#unnamed === 0)) return
    const counts = this.#walk()
    if (counts !== undefined && this.#told !== undefined) this.#tellUnexplained(counts, kills - this.#told)
    this.#told = counts === undefined ? undefined : kills
    this.#settledMs = settledMs
    if (counts === undefined) return
    this.#isLineLost = false
    this.#explained.clear()
    this.#takeForExplained(counts)
  }

  /**
   * Whether a kill came after the counts were taken for explained, so that its line is one more. A line may be read late: by
   * an agent that has just started, or stood still.
   */
  isNew(killedAtMs: number): boolean {
    const sinceMs = killedAtMs - this.#settledMs
    if (Math.abs(sinceMs) < UNSURE_MS) {
      // Nobody is named by the counts until they are taken again.
      this.#told = undefined
      this.#next.lines = 0
    }
    if (sinceMs < 0) this.#lastLineMs = this.#ports.monotonicMs()
    return sinceMs >= 0
  }

  /** Kill lines may be among records that are lost: nobody is named by the counts until they are taken for explained again. */
  recordsLost(): void {
    this.#isLineLost = true
    this.#next.lines = 0
  }

  /** A kill line whose cgroup is known. */
  explain(cgroupPath: string): void {
    this.#countLine()
    this.#name(cgroupPath)
  }

  /** A kill line whose cgroup is not known. @returns its cgroup, where only one can be meant. */
  find(): string | undefined {
    const told = this.#told
    const known = this.#next.lines > 0 ? this.#next.cgroupPath : undefined
    this.#countLine()
    const found = known ?? (told === undefined || this.#isLineLost ? undefined : this.#findGrown(told))
    if (found === undefined) this.#unnamed++
    else this.#name(found)
    return found
  }

  /** Whether a cgroup, or one below it, has counted a kill that no line was named for, as far as can be told. */
  hasUnexplained(cgroupPath: string): boolean {
    if (this.#told === undefined || this.#isLineLost || this.#unnamed > 0) return true
    const below = [...this.#explained.keys()].filter((path) => path !== cgroupPath && isIn(path, cgroupPath))
    return [cgroupPath, ...below].some((path) => readOomKills(this.#ports.files, path) !== this.#explainedOf(path))
  }

  /** Between two lines: what could not be named is over and done with, if no line is on its way. */
  catchUp(): void {
    if (this.#unnamed === 0 || this.#told !== this.#ports.readKernelKills()) return
    const counts = this.#readRecent()
    const isAll = this.#sumOfGrown(counts) === this.#unnamed
    if (isAll && this.#told === this.#ports.readKernelKills()) this.#takeForExplained(counts)
  }

  #countLine(): void {
    this.#lastLineMs = this.#ports.monotonicMs()
    if (this.#next.lines > 0) this.#next.lines--
    if (this.#told !== undefined) this.#told++
  }

  #name(cgroupPath: string): void {
    // A cgroup that was not there at the first look began with none.
    if (this.#explained.size < MAX_CGROUPS || this.#explained.has(cgroupPath)) {
      this.#explained.set(cgroupPath, this.#explainedOf(cgroupPath) + 1)
    }
    this.#remember([cgroupPath])
  }

  #findGrown(told: number): string | undefined {
    const { monotonicMs, readKernelKills } = this.#ports
    this.#grown = []
    const kills = readKernelKills()
    if (kills === undefined || kills <= told) return undefined
    const expected = kills - told + this.#unnamed
    let counts: ReadonlyMap<string, number> | undefined = this.#readRecent()
    if (this.#sumOfGrown(counts) !== expected) counts = monotonicMs() < this.#nextWalkMs ? undefined : this.#walk()
    if (counts === undefined) return undefined
    this.#grown = this.#grownOf(counts)
    this.#remember(this.#grown)
    // What was killed while it was looked at may have been counted or not.
    if (readKernelKills() !== kills) return undefined
    // Less than was explained of one: it was removed and made again. Less in all: one is gone with what it had counted.
    if (this.#sumOfGrown(counts) !== expected) return undefined
    const [found, other] = this.#grown
    if (found !== undefined && other === undefined) {
      this.#next = { cgroupPath: found, lines: expected - this.#unnamed - 1 }
      if (this.#unnamed > 0) this.#explained.set(found, this.#explainedOf(found) + this.#unnamed)
      this.#unnamed = 0
      return found
    }
    return undefined
  }

  /** Where lines that could not be named are among them, nobody knows which are without one. */
  #tellUnexplained(counts: ReadonlyMap<string, number>, withoutLine: number): void {
    const sum = this.#sumOfGrown(counts)
    if (this.#unnamed > 0 || !(sum > 0 && sum <= withoutLine)) return
    this.#ports.onUnexplained?.(
      this.#grownOf(counts).map((cgroupPath) => ({
        cgroupPath,
        from: this.#explainedOf(cgroupPath),
        to: counts.get(cgroupPath) ?? 0,
      })),
    )
  }

  #takeForExplained(counts: ReadonlyMap<string, number>): void {
    for (const [path, count] of counts) this.#explained.set(path, count)
    this.#unnamed = 0
    this.#next.lines = 0
  }

  #explainedOf(cgroupPath: string): number {
    return this.#explained.get(cgroupPath) ?? 0
  }

  #grownOf(counts: ReadonlyMap<string, number>): string[] {
    return [...counts].flatMap(([path, count]) => (count === this.#explainedOf(path) ? [] : [path]))
  }

  /** NaN where one has shrunk. */
  #sumOfGrown(counts: ReadonlyMap<string, number>): number {
    let sum = 0
    for (const [path, count] of counts) {
      const growth = count - this.#explainedOf(path)
      sum += growth < 0 ? Number.NaN : growth
    }
    return sum
  }

  #remember(cgroupPaths: readonly string[]): void {
    for (const path of cgroupPaths) {
      this.#recent.delete(path)
      this.#recent.add(path)
    }
    for (const path of this.#recent) {
      if (this.#recent.size <= MAX_RECENT) break
      this.#recent.delete(path)
    }
  }

  #readRecent(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const path of this.#recent) {
      const count = readOomKills(this.#ports.files, path)
      if (count === undefined) this.#recent.delete(path)
      else counts.set(path, count)
    }
    return counts
  }

  /** Undefined where there are too many. What is gone is forgotten. */
  #walk(): Map<string, number> | undefined {
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
    for (const path of this.#explained.keys()) if (!counts.has(path)) this.#explained.delete(path)
    const isAll = paths.length === 0
    this.#nextWalkMs = monotonicMs() + (isAll ? (cpuMs() - beforeMs) / WALK_SHARE : TOO_MANY_FOR_MS)
    return isAll ? counts : undefined
  }
}
