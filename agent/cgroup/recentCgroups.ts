/** So many are remembered. */
const MAX_RECENT = 64

/** Where kills were of late, in the order of the last one. */
export class RecentCgroups {
  /** When it was, in the order of those times. */
  readonly #killedAtMs = new Map<string, number>()

  get size(): number {
    return this.#killedAtMs.size
  }

  get paths(): Iterable<string> {
    return this.#killedAtMs.keys()
  }

  /** @param nowMs on a clock that only goes forward */
  add(cgroupPaths: Iterable<string>, nowMs: number): void {
    for (const path of cgroupPaths) {
      this.#killedAtMs.delete(path)
      this.#killedAtMs.set(path, nowMs)
    }
    for (const path of this.#killedAtMs.keys()) {
      if (this.#killedAtMs.size <= MAX_RECENT) break
      this.#killedAtMs.delete(path)
    }
  }

  /** One that is gone. */
  delete(cgroupPath: string): void {
    this.#killedAtMs.delete(cgroupPath)
  }

  /** Forgets those where the last kill was before. */
  forgetBefore(beforeMs: number): void {
    for (const [path, atMs] of this.#killedAtMs) {
      if (atMs >= beforeMs) break
      this.#killedAtMs.delete(path)
    }
  }
}
