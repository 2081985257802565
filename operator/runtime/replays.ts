import type { Policy } from '../policies/selection.ts'
import type { Verdict } from '../reports/condition.ts'

/** How often past kills are replayed for all policies; for one that is new or changed, at once. */
const EVERY_MS = 60_000

/** What replays of past kills came to. */
export class Replays {
  #verdicts: ReadonlyMap<string, Verdict> = new Map()
  #lastMs = Number.NEGATIVE_INFINITY
  #isStale = false

  /** Reports have other kills than before. @returns whether that is news. */
  noteReports(): boolean {
    if (this.#isStale) return false
    this.#isStale = true
    return true
  }

  of(policy: Policy): Verdict | undefined {
    return this.#verdicts.get(identityOf(policy))
  }

  /** Until the next one may begin; undefined where none is due. */
  waitMs(nowMs: number): number | undefined {
    return this.#isStale ? Math.max(0, this.#lastMs + EVERY_MS - nowMs) : undefined
  }

  /** @param replay verdicts by policy name; of none before every report was read */
  run(
    policies: readonly Policy[],
    nowMs: number,
    replay: (policies: readonly Policy[]) => ReadonlyMap<string, Verdict>,
  ): void {
    const isDue = this.waitMs(nowMs) === 0
    const due = isDue ? policies : policies.filter((policy) => this.of(policy) === undefined)
    const verdicts = due.length === 0 ? new Map<string, Verdict>() : replay(due)
    if (isDue) {
      this.#isStale = false
      this.#lastMs = nowMs
    }
    const entries = policies.flatMap((policy): [string, Verdict][] => {
      const verdict = verdicts.get(policy.name) ?? this.of(policy)
      return verdict === undefined ? [] : [[identityOf(policy), verdict]]
    })
    this.#verdicts = new Map(entries)
  }
}

function identityOf({ uid, generation }: Policy): string {
  return `${uid} ${generation}`
}
