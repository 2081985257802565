import type { DesiredScore } from '#contract/desiredRule.ts'
import { scoreFrom } from '#contract/scoreFrom.ts'
import { GUARANTEED_SCORE, BEST_EFFORT_SCORE } from '../kubeletScore.ts'
import type { Around, Effect } from './reach.ts'

/** From the least to the most that it can have been. */
export type Range = readonly [low: number, high: number]

/** A process's oom_score_adj without a policy and with it. */
export interface Adjusted {
  without: Range
  under: Range
}

/** Exempt from the OOM killer, and the least that there is. */
const EXEMPT = -1000
const HIGHEST = 1000

export function unadjusted(had: number): Adjusted {
  return { without: [had, had], under: [had, had] }
}

/**
 * Of a process that a policy selects. Where it has the policy's value already it was in force, and what the kubelet gives
 * stands for the value without.
 */
export function adjusted(had: number, { score, before, after }: Effect): Adjusted {
  if (isLeftAlone(had, score)) return unadjusted(had)
  if (had === after) return { without: [before, before], under: [had, had] }
  const under = scoreFrom(score, had)
  return { without: [had, had], under: [under, under] }
}

/** Of a process that a policy may select: nobody tells where it was. */
export function perhapsAdjusted(had: number, score: DesiredScore, around: Around): Adjusted {
  if (around === 'nothing' || isLeftAlone(had, score)) return unadjusted(had)
  const under = scoreFrom(score, had)
  const without = 'value' in score ? withoutValue(had, score.value, around) : had - score.delta
  return { without: rangeOf(had, without), under: rangeOf(had, under) }
}

/** Of one that fits the policy's matchers or not. */
export function eitherWay(had: number, effect: Effect): Adjusted {
  const { without, under } = adjusted(had, effect)
  return { without: rangeOf(had, without[0]), under: rangeOf(had, under[0]) }
}

/** The furthest that the kubelet can have set it from the policy's value, where that may be in force. */
function withoutValue(had: number, value: number, around: Around): number {
  if (had !== value) return had
  return around === 'raises' ? GUARANTEED_SCORE : BEST_EFFORT_SCORE
}

/** As the agent's checks say (agent/adjust/checks): exempt ones, and a negative value that would protect it less. */
function isLeftAlone(had: number, score: DesiredScore): boolean {
  return had === EXEMPT || ('value' in score && score.value < 0 && score.value > had)
}

function rangeOf(one: number, other: number): Range {
  return [Math.max(EXEMPT, Math.min(one, other)), Math.min(HIGHEST, Math.max(one, other))]
}
