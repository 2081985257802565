import { MIN_DESIRED_SCORE, type DesiredScore } from '#contract/desiredRule.ts'
import type { StatusReason } from '#contract/nodeStatus.ts'
import { RAISES_ONLY } from '../statusReasons.ts'

/** What a rule would write to a process. */
export interface ScoreIntent {
  score: DesiredScore
  /** What comes of it for this process. */
  oomScoreAdj: number
  /** What the process had of its own. */
  own: number
  /** Whether the agent's mode lowers scores; what it raised is given back in any. */
  mayLower: boolean
  /** The agent is in this container. */
  isOwnContainer: boolean
  /** Whether it is a process of the node's itself; undefined where the kernel does not show that. Asked only when needed. */
  isOfNode: () => boolean | undefined
}

interface ScoreCheck {
  /** The reason in a status. */
  name: string
  /** @returns why this must not be written, in one sentence. */
  refuse: (intent: ScoreIntent) => string | undefined
}

/** What is never written, whatever a policy says: this list is the specification. The first that refuses is told. */
export const SCORE_CHECKS: readonly ScoreCheck[] = [
  {
    name: 'OwnContainer',
    refuse: ({ isOwnContainer }) =>
      isOwnContainer ? 'the agent runs in this container: it has to outlive what it tells of' : undefined,
  },
  {
    // −1000 could be given back only by writing it.
    name: 'ExemptProcess',
    refuse: ({ own }) =>
      own === -1000 ? 'the process exempts itself from the OOM killer (-1000): it is left as it is' : undefined,
  },
  {
    name: 'BelowFloor',
    refuse: ({ oomScoreAdj, own }) =>
      oomScoreAdj < Math.min(own, MIN_DESIRED_SCORE)
        ? `no score below ${MIN_DESIRED_SCORE} is set: it would all but exempt the process from the OOM killer`
        : undefined,
  },
  {
    name: 'LessProtection',
    refuse: ({ score, oomScoreAdj, own }) =>
      'value' in score && oomScoreAdj < 0 && oomScoreAdj > own
        ? 'a negative value is to protect, and this one is above what the process began with: lower it, or take 0 or more to protect it less'
        : undefined,
  },
  {
    name: RAISES_ONLY.reason,
    refuse: ({ mayLower, oomScoreAdj, own }) => (!mayLower && oomScoreAdj < own ? RAISES_ONLY.message : undefined),
  },
  {
    // Shims, the kubelet, the runtime: they come into a container's cgroup only while they start something in it.
    name: 'NodeProcess',
    refuse: ({ isOfNode }) =>
      isOfNode() === true
        ? 'the process runs in the mount namespace of the node: a runtime, a shim or the kubelet, none of the container'
        : undefined,
  },
]

/** @returns why a score must not be written; undefined where it may be. */
export function refuseScore(intent: ScoreIntent): StatusReason | undefined {
  for (const { name, refuse } of SCORE_CHECKS) {
    const message = refuse(intent)
    if (message !== undefined) return { reason: name, message }
  }
  return undefined
}
