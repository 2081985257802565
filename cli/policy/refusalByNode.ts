import type { DesiredScore } from '#contract/desiredRule.ts'
import type { StatusReason } from '#contract/nodeStatus.ts'
import { refuseScore } from '../../agent/adjust/checks/scoreChecks.ts'

/**
 * What a node's agent would say to a value, as far as it goes by the value alone.
 * @param own what the process has of its own
 * @returns undefined where it would write it, if the kernel lets it
 */
export function refusalByNode(score: DesiredScore, oomScoreAdj: number, own: number): StatusReason | undefined {
  return refuseScore({ score, oomScoreAdj, own, mayLower: true, isOwnContainer: false, isOfNode: () => false })
}
