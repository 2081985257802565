import type { KillEvent } from '#contract/killEvent.ts'
import type { IsVisible } from '../reports/candidateTable.ts'
import { explainKill, type KillExplanation } from '../reports/explainKill.ts'

/** At most this share of the time, and this much in one go: counting comes first in a storm, and with a node that sends rubbish. */
const SHARE = 0.2
const MAX_SAVED_MS = 1_000

export const NOT_EXPLAINED = '(too many kills at once to explain each)'

/** Explains kills within a budget of time. */
export class Explainer {
  readonly #monotonicMs: () => number
  #savedMs = MAX_SAVED_MS
  #lastMs: number

  /** @param monotonicMs Milliseconds on any clock that only goes forward. */
  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
    this.#lastMs = monotonicMs()
  }

  explain(event: KillEvent, isVisible: IsVisible): KillExplanation {
    // One line takes no time.
    if (event.rawDump === undefined) return explainKill(event, isVisible)
    const startMs = this.#monotonicMs()
    this.#savedMs = Math.min(MAX_SAVED_MS, this.#savedMs + (startMs - this.#lastMs) * SHARE)
    this.#lastMs = startMs
    if (this.#savedMs <= 0) return { verdict: NOT_EXPLAINED }
    const explanation = explainKill(event, isVisible)
    this.#savedMs -= this.#monotonicMs() - startMs
    return explanation
  }
}
