import { parseQuantityKib } from '#program/quantityKib.ts'
import type { PolicyPod } from './selection.ts'
import type { PodMember } from '../runtime/pod.ts'

export const GUARANTEED_SCORE = -997
/** Of a Burstable container: from the one that requests most to the one that requests nothing. */
export const BURSTABLE_SCORES = { lowest: 2, highest: 999 }
export const BEST_EFFORT_SCORE = 1000

const LOWEST_GIVEN = 1000 + GUARANTEED_SCORE

/**
 * The oom_score_adj that the kubelet gives to a container.
 * Source: pkg/kubelet/qos/policy.go, GetContainerOOMScoreAdjust (1.34), without the share of a request of the whole pod.
 * @param capacityKib of its node; where it is not known, the highest value is assumed
 */
export function kubeletScore(pod: PolicyPod, member: PodMember, capacityKib: number | undefined): number {
  if (pod.priorityClass === 'system-node-critical' || pod.qosClass === 'Guaranteed') return GUARANTEED_SCORE
  if (pod.qosClass === 'BestEffort') return BEST_EFFORT_SCORE
  if (capacityKib === undefined) return BURSTABLE_SCORES.highest
  let requestKib = requestOf(member)
  if (member.type === 'Sidecar') {
    const others = pod.members.filter(({ type }) => type === 'App').map(requestOf)
    requestKib = Math.max(requestKib, others.length === 0 ? 0 : Math.min(...others))
  }
  const score = 1000 - Math.floor((1000 * requestKib) / capacityKib)
  return Math.min(Math.max(score, LOWEST_GIVEN), BURSTABLE_SCORES.highest)
}

function requestOf({ memory }: PodMember): number {
  return memory?.request === undefined ? 0 : (parseQuantityKib(memory.request) ?? 0)
}
