import { MAX_DESIRED_SCORE, MIN_DESIRED_SCORE, type DesiredScore } from './desiredRule.ts'

/**
 * The oom_score_adj that comes of what a rule wants, for a process that has one of its own. A sum that leaves what a policy
 * may set ends there; one that began outside of it is not moved the other way.
 * @param base its own
 */
export function scoreFrom(score: DesiredScore, base: number): number {
  if ('value' in score) return score.value
  const sum = base + score.delta
  return score.delta < 0
    ? Math.max(sum, Math.min(base, MIN_DESIRED_SCORE))
    : Math.min(sum, Math.max(base, MAX_DESIRED_SCORE))
}
