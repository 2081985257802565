/** Kills that a cgroup counted and that no line told: the ones that its count grew by, from `from` to `to`. */
export interface UnexplainedKills {
  cgroupPath: string
  from: number
  to: number
}

/** More are not told one by one: they are lost, and counted so. */
const MAX_KILLS = 1_000

/**
 * Brings together what cgroups have counted without a line and how many kills have none. No more than these can be
 * found again, and a line that comes late is no loss.
 */
export class Recovery {
  #pending: UnexplainedKills[] = []

  /** What was found and is neither told nor let go of yet. */
  get pending(): readonly UnexplainedKills[] {
    return this.#pending
  }

  add(found: readonly UnexplainedKills[]): void {
    this.#pending.push(...found)
  }

  /**
   * To be asked when lines and the kernel's count have settled.
   * @param withoutLine kills that have no line and are not found again
   * @returns those to tell now; what does not fit is let go of
   */
  take(withoutLine: number): UnexplainedKills[] {
    const pending = this.#pending
    this.#pending = []
    const kills = countKills(pending)
    return kills <= Math.min(withoutLine, MAX_KILLS) ? pending : []
  }
}

export function countKills(found: readonly UnexplainedKills[]): number {
  return found.reduce((sum, { from, to }) => sum + to - from, 0)
}
