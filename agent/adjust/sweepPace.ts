/** New processes inherit; this finds those that came in from outside (exec), and what no notification told. */
export const CALM_MS = 2_000
const SHORTEST_MS = 5
const YOUNG_MS = 300
/** While one begins it is looked at alone, which costs little. */
const OLDER_MS = 20
/** A runtime makes the mounts, by which a container is known, a fraction of a second after its cgroup. */
const BEGINS_MS = 3_000

/** How long to wait for the next look: shortly while a container begins. */
export class SweepPace {
  readonly #firstSeenMs = new Map<string, number>()

  /**
   * @param unnamed containers of desired pods that could not be told apart yet; a sandbox stays one of them.
   * @param nowMs on a clock that only goes forward
   */
  nextMs(unnamed: readonly string[], nowMs: number): number {
    const present = new Set(unnamed)
    for (const id of this.#firstSeenMs.keys()) if (!present.has(id)) this.#firstSeenMs.delete(id)
    let waitMs = CALM_MS
    for (const id of unnamed) {
      const firstSeenMs = this.#firstSeenMs.get(id) ?? nowMs
      this.#firstSeenMs.set(id, firstSeenMs)
      const ageMs = nowMs - firstSeenMs
      if (ageMs < BEGINS_MS) waitMs = Math.min(waitMs, ageMs < YOUNG_MS ? SHORTEST_MS : OLDER_MS)
    }
    return waitMs
  }
}
