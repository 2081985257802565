import { identityOf, type ObservedProcess } from './plan.ts'

/** So many times within a while, and what the other one wants stands for now. */
const MAX_FOREIGN_WRITES = 3
const WITHIN_MS = 60_000
const LEFT_ALONE_MS = 600_000
/** A runtime writes the score itself while it starts a container. */
const STARTS_MS = 5_000

interface ContainerWrites {
  firstMs: number
  /** What was written last, by process identity. */
  written: Map<string, number>
  /** When somebody else had written something else. */
  foreignMs: number[]
  leftAloneUntilMs: number
}

/** Who else writes the scores that were written here: a container where somebody does again and again is left alone. */
export class ForeignWrites {
  readonly #containers = new Map<string, ContainerWrites>()

  /** @param nowMs on a clock that only goes forward */
  wrote(containerId: string, process: ObservedProcess, oomScoreAdj: number, nowMs: number): void {
    const known = this.#containers.get(containerId)
    const container = known ?? { firstMs: nowMs, written: new Map(), foreignMs: [], leftAloneUntilMs: 0 }
    if (known === undefined) this.#containers.set(containerId, container)
    container.written.set(identityOf(process), oomScoreAdj)
  }

  /** It has its own score again: whoever writes it now is at home there. */
  gaveBack(containerId: string, process: ObservedProcess): void {
    this.#containers.get(containerId)?.written.delete(identityOf(process))
  }

  /** Looks at a container as it is now. @returns whether it is left alone for now. */
  isLeftAlone(containerId: string, processes: readonly ObservedProcess[], nowMs: number): boolean {
    const container = this.#containers.get(containerId)
    if (container === undefined) return false
    if (nowMs < container.leftAloneUntilMs) return true
    const { written } = container
    const present = new Map(processes.map((process) => [identityOf(process), process.oomScoreAdj]))
    let isForeign = false
    for (const [identity, oomScoreAdj] of written) {
      const now = present.get(identity)
      if (now === oomScoreAdj) continue
      if (now !== undefined && nowMs - container.firstMs >= STARTS_MS) isForeign = true
      // Counted once, however long it takes to write it again.
      written.delete(identity)
    }
    if (!isForeign) return false
    container.foreignMs = [...container.foreignMs.filter((ms) => nowMs - ms < WITHIN_MS), nowMs]
    if (container.foreignMs.length < MAX_FOREIGN_WRITES) return false
    container.foreignMs = []
    container.leftAloneUntilMs = nowMs + LEFT_ALONE_MS
    return true
  }

  /** Forgets all containers but these. */
  keep(containerIds: ReadonlySet<string>): void {
    for (const id of this.#containers.keys()) if (!containerIds.has(id)) this.#containers.delete(id)
  }
}
