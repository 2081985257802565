import type { UnexplainedKills } from '../completeness/recovery.ts'
import { isIn } from '../rank/processSnapshot.ts'
import { MAX_CGROUPS, type KillsByCgroup } from './cgroupKills.ts'

/**
 * What of the cgroups' counts is explained, from a moment on at which every kill of the kernel's own count was done with:
 * what they had counted by then, and a kill more for each line since.
 */
export class ExplainedKills {
  /** A cgroup that is not here had counted none: it was made since. */
  readonly #counts: Map<string, number>
  /** The kernel's count, as far as there were lines for it. */
  #told: number
  /** Of these: lines that nobody could be named for. Their cgroups have grown all the same. */
  #unnamed = 0

  /** @param told the kernel's own count when these were what cgroups had counted */
  constructor(counts: KillsByCgroup, told: number) {
    this.#counts = new Map(counts)
    this.#told = told
  }

  get told(): number {
    return this.#told
  }

  get unnamed(): number {
    return this.#unnamed
  }

  /** No more cgroups are remembered: those that are gone must be forgotten. */
  get isFull(): boolean {
    return this.#counts.size >= MAX_CGROUPS
  }

  /** A line whose cgroup is known. */
  name(cgroupPath: string): void {
    this.#told++
    this.#add(cgroupPath, 1)
  }

  /** A line that nobody could be named for. */
  passOver(): void {
    this.#told++
    this.#unnamed++
  }

  /** Those that nobody could be named for were all in one cgroup. */
  nameUnnamed(cgroupPath: string): void {
    this.#add(cgroupPath, this.#unnamed)
    this.#unnamed = 0
  }

  /** Those that nobody could be named for were where these counts have grown. */
  take(counts: KillsByCgroup): void {
    for (const [path, count] of counts) this.#counts.set(path, count)
    this.#unnamed = 0
  }

  /** A cgroup and those below it, as far as they had counted kills or had them named. */
  pathsIn(cgroupPath: string): string[] {
    return [...this.#counts.keys()].filter((path) => isIn(path, cgroupPath))
  }

  /** Where kills were counted that are not explained, and where one was removed and made again. */
  grown(counts: KillsByCgroup): UnexplainedKills[] {
    return [...counts].flatMap(([cgroupPath, to]) => {
      const from = this.#counts.get(cgroupPath) ?? 0
      return from === to ? [] : [{ cgroupPath, from, to }]
    })
  }

  /** What is not remembered stays unexplained, and then nobody is named. */
  #add(cgroupPath: string, kills: number): void {
    if (this.isFull && !this.#counts.has(cgroupPath)) return
    this.#counts.set(cgroupPath, (this.#counts.get(cgroupPath) ?? 0) + kills)
  }
}

/** How many kills that are. NaN where a cgroup has counted less than was explained: nobody knows then. */
export function sumOfGrowth(grown: readonly UnexplainedKills[]): number {
  return grown.reduce((sum, { from, to }) => (to < from ? Number.NaN : sum + to - from), 0)
}
