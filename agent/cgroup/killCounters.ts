import type { UnexplainedKills } from '../completeness/recovery.ts'
import type { CgroupKills, KillsByCgroup } from './cgroupKills.ts'
import { ExplainedKills, sumOfGrowth } from './explainedKills.ts'

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
 * Whose kill it was, by what the kernel counts: where every kill that has no line yet was counted in one cgroup, the line at
 * hand is that cgroup's. Else nobody can say. Counts alone are held against each other, no times: which lines are on their
 * way when the cgroups are looked at is known by `oom_kill` = before + lines + lost. They are looked at only when somebody is
 * to be found.
 */
export class KillCounters {
  readonly #ports: KillCounterPorts
  /** Undefined until it was known how many lines were on their way. */
  #explained: ExplainedKills | undefined
  /** A kill without a line may be among those that are not explained, or a line without a kill that is not. */
  #isDoubtful = false
  /** So many of the next lines are of kills that cgroups had counted when they were looked at. */
  #waiting = 0
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

  /** Takes the counts as they are for explained. Where no line is on its way, tells the kills that had none. */
  settle(): void {
    const { cgroups, readKernelKills, readAccountedKills, onUnexplained } = this.#ports
    const kills = readKernelKills()
    const waiting = (kills ?? Number.NaN) - (readAccountedKills() ?? Number.NaN)
    if (kills === undefined || !(waiting >= 0) || !cgroups.mayWalk) return
    const before = this.#explained
    const isGood = before !== undefined && before.unnamed === 0 && !before.isFull && !this.#isDoubtful
    if (isGood && (waiting > 0 || before.told === kills)) return
    const counts = cgroups.walk()
    // What was killed meanwhile may have been counted or not.
    if (counts !== undefined && readKernelKills() !== kills) return
    const found = before === undefined || counts === undefined || waiting > 0 ? [] : withoutLine(before, counts, kills)
    this.#explained = counts === undefined ? undefined : new ExplainedKills(counts, kills)
    this.#waiting = waiting
    this.#isDoubtful = false
    this.#next.lines = 0
    if (found.length > 0) onUnexplained(found)
  }

  /** Lines may be lost, or kills that were given up may have theirs: nobody is named until the counts are settled again. */
  doubt(): void {
    this.#isDoubtful = true
    this.#next.lines = 0
  }

  /** A kill line whose cgroup is known. */
  explain(cgroupPath: string): void {
    if (this.#isWaiting()) return
    if (this.#next.lines > 0) this.#next.lines--
    this.#explained?.name(cgroupPath)
    this.#ports.cgroups.remember([cgroupPath])
  }

  /** A kill line whose cgroup is not known. @returns its cgroup, where only one can be meant */
  find(): string | undefined {
    const explained = this.#explained
    if (explained === undefined || this.#isWaiting()) return undefined
    const isNext = this.#next.lines > 0
    const found = isNext ? this.#next.cgroupPath : this.#isDoubtful ? undefined : this.#findGrown(explained)
    if (found === undefined) {
      explained.passOver()
      return undefined
    }
    if (isNext) this.#next.lines--
    explained.name(found)
    this.#ports.cgroups.remember([found])
    return found
  }

  /** Whether a cgroup, or one below it, has counted a kill that no line was named for, as far as can be told. */
  hasUnexplained(cgroupPath: string): boolean {
    const explained = this.#explained
    if (explained === undefined || this.#isDoubtful || this.#waiting > 0 || explained.unnamed > 0) return true
    const paths = new Set([cgroupPath, ...explained.pathsIn(cgroupPath)])
    const counts = this.#ports.cgroups.readOf(paths)
    return counts.size < paths.size || explained.grown(counts).length > 0
  }

  /** Between two lines: what could not be named is over and done with, if no line is on its way. */
  catchUp(): void {
    const { cgroups, readKernelKills } = this.#ports
    const explained = this.#explained
    if (explained === undefined || explained.unnamed === 0 || explained.told !== readKernelKills()) return
    const counts = cgroups.readRecent()
    if (sumOfGrowth(explained.grown(counts)) !== explained.unnamed || explained.told !== readKernelKills()) return
    explained.take(counts)
    this.#next.lines = 0
  }

  #isWaiting(): boolean {
    if (this.#waiting === 0) return false
    this.#waiting--
    return true
  }

  #findGrown(explained: ExplainedKills): string | undefined {
    const { cgroups, readKernelKills } = this.#ports
    this.#grown = []
    const kills = readKernelKills()
    if (kills === undefined || kills <= explained.told) return undefined
    const expected = kills - explained.told + explained.unnamed
    let grown = explained.grown(cgroups.readRecent())
    if (sumOfGrowth(grown) !== expected) {
      const counts = cgroups.mayWalk ? cgroups.walk() : undefined
      if (counts === undefined) return undefined
      grown = explained.grown(counts)
    }
    this.#grown = grown.map(({ cgroupPath }) => cgroupPath)
    cgroups.remember(this.#grown)
    // What was killed while it was looked at may have been counted or not.
    if (readKernelKills() !== kills) return undefined
    // Less than was explained of one: it was removed and made again. Less in all: one is gone with what it had counted.
    if (sumOfGrowth(grown) !== expected) return undefined
    const [found, other] = this.#grown
    if (found === undefined || other !== undefined) return undefined
    this.#next = { cgroupPath: found, lines: expected - explained.unnamed - 1 }
    explained.nameUnnamed(found)
    return found
  }
}

/** Where lines that could not be named are among them, nobody knows which are without one. */
function withoutLine(explained: ExplainedKills, counts: KillsByCgroup, kernelKills: number): UnexplainedKills[] {
  const grown = explained.grown(counts)
  return explained.unnamed === 0 && sumOfGrowth(grown) <= kernelKills - explained.told ? grown : []
}
