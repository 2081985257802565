import type { UnexplainedKills } from '../completeness/recovery.ts'
import { isIn } from './path.ts'
import { MAX_CGROUPS, type CgroupKills, type KillsByCgroup } from './cgroupKills.ts'
import { KillSpans, type CountedLine } from './killSpans.ts'
import { MAX_SAVED_CGROUPS, type SavedCounts } from './savedCounts.ts'

export interface KillCounterPorts {
  cgroups: CgroupKills
  /** The kernel's count of all kills since boot; undefined where it does not count. */
  readKernelKills: () => number | undefined
  /** How many of these are done with: their line was read, or is known to be lost. Undefined while that is not known. */
  readAccountedKills: () => number | undefined
  /** Called with kills that cgroups have counted and that have no line. */
  onUnexplained: (found: readonly UnexplainedKills[]) => void
}

/**
 * Whose kill it was, by what the kernel counts: the lines between two looks at the counts are about the kills that were
 * counted in between (KillSpans). Where that leaves more than one cgroup, nobody can say. Counts alone are held against each
 * other, no times: which lines are on their way when the cgroups are looked at is known by `oom_kill` = before + lines + lost.
 */
export class KillCounters {
  readonly #ports: KillCounterPorts
  /** What each cgroup had counted at the last look; one that was not there then began with none. */
  #counted = new Map<string, number>()
  /** Undefined until it was known how many lines were on their way. */
  #spans: KillSpans | undefined

  constructor(ports: KillCounterPorts) {
    this.#ports = ports
  }

  /** Where kills were counted that are not explained, as of the last look. */
  get grown(): readonly string[] {
    return this.#spans?.grown() ?? []
  }

  /**
   * What is explained, for the next agent.
   * @param without where the kills are that are to be left out; undefined for those that nobody could be named for
   * @returns undefined where that is not known
   */
  save(without: readonly (string | undefined)[]): SavedCounts | undefined {
    const spans = this.#spans
    const left = spans?.left()
    if (spans === undefined || left === undefined || spans.isWaiting) return undefined
    const explained = new Map(this.#counted)
    const add = (path: string, kills: number) => explained.set(path, (explained.get(path) ?? 0) + kills)
    for (const [path, kills] of spans.named) add(path, kills)
    for (const [path, kills] of left) add(path, -kills)
    for (const path of without) {
      if (path === undefined) return undefined
      add(path, -1)
    }
    const counts = [...explained].filter(([, kills]) => kills !== 0)
    if (counts.some(([, kills]) => kills < 0) || counts.length > MAX_SAVED_CGROUPS) return undefined
    const cgroups = counts.flatMap(([path, kills]) => {
      const id = this.#ports.cgroups.readId(path)
      return id === undefined ? [] : [{ path, id, kills }]
    })
    return { told: spans.told - without.length, isDoubtful: spans.isLost, cgroups }
  }

  /** Goes on where an earlier agent was. What is gone, or was made again, has counted nothing that is explained. */
  restore({ told, isDoubtful, cgroups }: SavedCounts): void {
    const there = cgroups.filter(({ path, id }) => this.#ports.cgroups.readId(path) === id)
    this.#counted = new Map(there.map(({ path, kills }) => [path, kills]))
    this.#spans = new KillSpans(told)
    if (isDoubtful) this.#spans.lose()
    this.#ports.cgroups.remember(this.#counted.keys())
  }

  /** A kill line that an earlier agent has told. @param cgroupPath undefined where nobody could be named */
  explainTold(cgroupPath: string | undefined): void {
    if (cgroupPath === undefined) this.find()
    else this.explain(cgroupPath)
  }

  /** A kill without a line that an earlier agent has told, and perhaps not counted. @returns whether it had not */
  explainRecovered(cgroupPath: string, count: number): boolean {
    const explained = (this.#counted.get(cgroupPath) ?? 0) + (this.#spans?.named.get(cgroupPath) ?? 0)
    if (this.#spans === undefined || explained >= count) return false
    this.explain(cgroupPath)
    return true
  }

  /** Takes the counts as they are for explained. Where no line is on its way, tells the kills that had none. */
  settle(): void {
    const { cgroups, readKernelKills, readAccountedKills, onUnexplained } = this.#ports
    // First what costs nothing: in a storm this is asked every few milliseconds.
    if (!cgroups.mayWalk) return
    const kills = readKernelKills()
    const waiting = (kills ?? Number.NaN) - (readAccountedKills() ?? Number.NaN)
    if (kills === undefined || !(waiting >= 0)) return
    const before = this.#spans
    const isGood = before !== undefined && !before.hasOpen && !before.isLost && !this.#isFull
    if (isGood && (waiting > 0 || before.told === kills)) return
    const counts = cgroups.walk()
    // What was killed meanwhile may have been counted or not.
    if (counts !== undefined && readKernelKills() !== kills) return
    const found = counts === undefined || waiting > 0 ? [] : this.#withoutLine(counts, kills)
    before?.lose()
    this.#spans = counts === undefined ? undefined : new KillSpans(kills, kills - waiting)
    this.#counted = new Map(counts)
    if (found.length > 0) onUnexplained(found)
  }

  /** Lines may be lost, or kills that were given up may have theirs: nobody is named until the counts are settled again. */
  doubt(): void {
    this.#spans?.lose()
  }

  /** A kill line whose cgroup is known. */
  explain(cgroupPath: string): void {
    this.#spans?.take(cgroupPath)
    this.#ports.cgroups.remember([cgroupPath])
  }

  /** A kill line whose cgroup is not known: it is once the line tells it, now or after another look. */
  find(): CountedLine {
    const line = this.#spans?.take(undefined)
    if (line === undefined) return { cgroupPath: undefined, isOver: true }
    if (!line.isOver) this.look()
    return line
  }

  /**
   * Looks at the counts, if the kernel has killed since the last time. The more often that is done in a storm, the fewer kills
   * come in between, and the more of them can be told apart.
   */
  look(): void {
    const { cgroups, readKernelKills } = this.#ports
    const spans = this.#spans
    if (spans === undefined || spans.isLost) return this.settle()
    const kills = readKernelKills()
    if (kills === undefined || kills === spans.lookedAtKills) return
    // More lines than kills: one was of a kill from before.
    if (kills < spans.told) return spans.lose()
    const wanted = kills - spans.lookedAtKills
    let counts: KillsByCgroup | undefined = cgroups.readRecent()
    let grown = this.#growthOf(counts)
    if (this.#sumOf(counts, grown, spans) !== wanted) {
      counts = cgroups.mayWalk ? cgroups.walk() : undefined
      if (counts === undefined) return
      grown = this.#growthOf(counts)
      if (this.#sumOf(counts, grown, spans) !== wanted) return
    }
    // What was killed while it was looked at may have been counted or not.
    if (readKernelKills() !== kills) return
    cgroups.remember(grown.keys())
    for (const [path, count] of counts) this.#counted.set(path, count)
    spans.look(kills, grown)
  }

  /** Whether a cgroup, or one below it, has counted a kill that no line was named for, as far as can be told. */
  hasUnexplained(cgroupPath: string): boolean {
    const spans = this.#spans
    const left = spans?.left()
    if (spans === undefined || spans.isLost || left === undefined) return true
    const known = [...this.#counted.keys(), ...spans.named.keys()]
    const paths = new Set([cgroupPath, ...known.filter((path) => isIn(path, cgroupPath))])
    const counts = this.#ports.cgroups.readOf(paths)
    if (counts.size < paths.size) return true
    return [...counts].some(([path, count]) => this.#unexplained(path, count, left) !== 0)
  }

  /** No more cgroups are remembered: those that are gone must be forgotten. */
  get #isFull(): boolean {
    return this.#counted.size + (this.#spans?.named.size ?? 0) >= MAX_CGROUPS
  }

  #growthOf(counts: KillsByCgroup): Map<string, number> {
    const growths = [...counts].map(([path, count]) => [path, count - (this.#counted.get(path) ?? 0)] as const)
    return new Map(growths.filter(([, growth]) => growth !== 0))
  }

  /**
   * What was counted since the last look, with the lines that are known to be about cgroups that are gone. NaN where one has
   * counted less than before: it was removed and made again.
   */
  #sumOf(counts: KillsByCgroup, grown: KillsByCgroup, { named }: KillSpans): number {
    let sum = 0
    for (const growth of grown.values()) sum += growth < 0 ? Number.NaN : growth
    const others = [...named.keys()].filter((path) => !counts.has(path))
    const there = this.#ports.cgroups.readOf(others)
    for (const path of others) if (!there.has(path)) sum += named.get(path) ?? 0
    return sum
  }

  /** Of a count, what no line is known to be about. */
  #unexplained(path: string, count: number, left: ReadonlyMap<string, number>): number {
    const since = count - (this.#counted.get(path) ?? 0)
    return since + (left.get(path) ?? 0) - (this.#spans?.named.get(path) ?? 0)
  }

  /** Where lines that could not be named are among them, nobody knows which are without one. */
  #withoutLine(counts: KillsByCgroup, kernelKills: number): UnexplainedKills[] {
    const left = this.#spans?.left()
    if (left === undefined) return []
    const found: UnexplainedKills[] = []
    let sum = 0
    for (const [cgroupPath, count] of counts) {
      const kills = this.#unexplained(cgroupPath, count, left)
      if (kills > 0) found.push({ cgroupPath, from: count - kills, to: count })
      sum += kills < 0 ? Number.NaN : kills
    }
    return sum <= kernelKills - (this.#spans?.told ?? 0) ? found : []
  }
}
