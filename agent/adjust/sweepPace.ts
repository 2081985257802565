/** New processes inherit; this finds those that came in from outside (exec), and what no notification told. */
export const CALM_MS = 2_000
const SHORTEST_MS = 5
const YOUNG_MS = 300
/** While one begins it is looked at alone, which costs little. */
const OLDER_MS = 20
/** A runtime makes the mounts, by which a container is known, a fraction of a second after its cgroup. */
const BEGINS_MS = 3_000

/** Which containers to look at again before the next sweep, and when: those that begin, and have no name yet. */
export class SweepPace {
  /** Of each that has no name: since when it is known. A sandbox stays one of them. */
  readonly #sinceMs = new Map<string, number>()

  /**
   * After a look at all containers.
   * @param unnamed those of desired pods that could not be told apart
   * @param nowMs on a clock that only goes forward
   */
  swept(unnamed: readonly string[], nowMs: number): void {
    this.#forgetOthers(this.#sinceMs.keys(), unnamed)
    this.#add(unnamed, nowMs)
  }

  /** After a look at these, and at what has come to be. */
  looked(begun: ReadonlySet<string>, unnamed: readonly string[], nowMs: number): void {
    this.#forgetOthers(begun, unnamed)
    this.#add(unnamed, nowMs)
  }

  begun(nowMs: number): ReadonlySet<string> {
    return new Set([...this.#sinceMs].filter(([, sinceMs]) => nowMs - sinceMs < BEGINS_MS).map(([id]) => id))
  }

  /** How long to wait for the next look. */
  waitMs(nowMs: number): number {
    const ages = [...this.#sinceMs.values()].map((sinceMs) => nowMs - sinceMs).filter((ageMs) => ageMs < BEGINS_MS)
    if (ages.length === 0) return CALM_MS
    return Math.min(...ages) < YOUNG_MS ? SHORTEST_MS : OLDER_MS
  }

  #add(unnamed: readonly string[], nowMs: number): void {
    for (const id of unnamed) if (!this.#sinceMs.has(id)) this.#sinceMs.set(id, nowMs)
  }

  #forgetOthers(ids: Iterable<string>, unnamed: readonly string[]): void {
    const left = new Set(unnamed)
    for (const id of ids) if (!left.has(id)) this.#sinceMs.delete(id)
  }
}
