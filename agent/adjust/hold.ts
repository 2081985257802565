import * as z from 'zod'
import type { DesiredRule } from '#contract/desiredRule.ts'
import { HOLD_EXPIRED } from './statusReasons.ts'
import type { Desired } from './target.ts'

const READ_EVERY_MS = 60_000
/** Longer than the longest time between two looks and two renewals, with room for a slow one. */
const STALE_MS = 180_000

/** How often to look whether the desired state is confirmed: thrice within the shortest time that a policy is held. */
export function readEveryMs(rules: readonly Pick<DesiredRule, 'holdForSeconds'>[]): number {
  return Math.min(READ_EVERY_MS, ...rules.map(({ holdForSeconds }) => (holdForSeconds * 1_000) / 3))
}

/** When something is, on both clocks. */
export interface Moment {
  bootId: string
  /** Since boot: the same clock for each start of the agent. */
  monotonicMs: number
  wallMs: number
}

const confirmation = z.object({
  version: z.literal(1),
  bootId: z.string().max(64),
  monotonicMs: z.number(),
  wallMs: z.number(),
  revision: z.int().nonnegative(),
  leaseRevision: z.int().nonnegative(),
})
/** The revisions that were seen last, and when they were seen first. */
export type Confirmation = Omit<z.infer<typeof confirmation>, 'version'>

export function formatConfirmation(last: Confirmation): string {
  return JSON.stringify(confirmation.parse({ version: 1, ...last }))
}

/** @returns undefined for what is none: then time runs from the first look. */
export function parseConfirmation(text: string): Confirmation | undefined {
  try {
    return confirmation.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/**
 * For how long nobody has confirmed the desired state. An operator confirms it by writing: the node's own state, or its
 * lease on all of them; either then has another revision than was seen before. No clock but the agent's own is asked.
 */
export class Hold {
  readonly #moment: () => Moment
  readonly #save: (last: Confirmation) => void
  #last: Confirmation | undefined
  /** On the clock of this boot; before its beginning for what another boot saw. */
  #confirmedMs: number

  /** @param save kept over restarts; may fail: time then runs from what was kept before */
  constructor(last: Confirmation | undefined, moment: () => Moment, save: (last: Confirmation) => void) {
    this.#moment = moment
    this.#save = save
    this.#last = last
    const { bootId, monotonicMs, wallMs } = moment()
    // The clock since boot began anew with another boot: what is left is the wall's, which may have been set.
    const elapsedMs = last?.bootId === bootId ? monotonicMs - last.monotonicMs : wallMs - (last?.wallMs ?? wallMs)
    this.#confirmedMs = monotonicMs - Math.max(0, elapsedMs)
  }

  /** Takes note of what was read just now. */
  noteRead(revisions: Pick<Confirmation, 'revision' | 'leaseRevision'>): void {
    const { revision, leaseRevision } = revisions
    if (this.#last?.revision === revision && this.#last.leaseRevision === leaseRevision) return
    const moment = this.#moment()
    this.#confirmedMs = moment.monotonicMs
    this.#last = { ...moment, revision, leaseRevision }
    this.#save(this.#last)
  }

  /** Milliseconds since it was confirmed. */
  ageMs(): number {
    return this.#moment().monotonicMs - this.#confirmedMs
  }

  /**
   * Since when it should have been confirmed and was not; undefined while it is.
   * @param isExpired whether something was held for too long already
   */
  staleSince(isExpired: boolean): Date | undefined {
    return (isExpired || this.ageMs() > STALE_MS) && this.#last !== undefined ? new Date(this.#last.wallMs) : undefined
  }
}

/** What is desired without the rules that were held for longer than they may be. */
export function withoutExpired<T extends Desired>(desired: T, ageMs: number): T {
  const isExpired = (rule: DesiredRule): boolean => ageMs > rule.holdForSeconds * 1_000
  if (!desired.rules.some(isExpired)) return desired
  return {
    ...desired,
    rules: desired.rules.map((rule) => (isExpired(rule) ? { ...rule, suspended: HOLD_EXPIRED } : rule)),
  }
}
