import { scoreFrom } from '#contract/scoreFrom.ts'
import { parseQuantityKib } from '#program/quantityKib.ts'
import type { PodMember } from '../runtime/pod.ts'
import type { ClusterFacts } from './clusterFacts.ts'
import { kubeletScore } from './kubeletScore.ts'
import type { Policy, PolicyPod } from './selection.ts'

/** A container that a policy selects. */
export interface Subject {
  policy: Policy
  pod: PolicyPod
  member: PodMember
}

/** A container's value as the kubelet set it, and as the policy would; undefined where it sets none. */
export function scoresOf(
  { policy, pod, member }: Subject,
  { nodes }: ClusterFacts,
): { before: number; after: number } | undefined {
  const { value, delta } = policy.spec.oomScoreAdj ?? {}
  if (value === undefined && delta === undefined) return undefined
  const before = kubeletScore(pod, member, nodes.get(pod.node)?.memory?.capacityKib)
  return { before, after: value ?? scoreFrom({ delta: delta ?? 0 }, before) }
}

/** Whether a policy lets a container outlive more than it did: the others pay for it. */
export function isProtecting(subject: Subject, facts: ClusterFacts): boolean {
  const scores = scoresOf(subject, facts)
  return scores !== undefined && scores.after < scores.before
}

/** The memory limit in force: its own, else its pod's. */
export function limitKib({ pod, member }: Pick<Subject, 'pod' | 'member'>): number | undefined {
  const limit = member.memory?.limit ?? pod.memoryLimit
  return limit === undefined ? undefined : parseQuantityKib(limit)
}

/** What a protected container counts for in its node's budget. One that ends by itself, or a debugger, counts nothing. */
export function protectedKib(pod: PolicyPod, member: PodMember): number {
  if (member.type === 'Init' || member.type === 'Ephemeral') return 0
  const { limit, request } = member.memory ?? {}
  // Without a limit of its own: of its pod's, which others share, no more is known; else what it was promised.
  return parseQuantityKib(limit ?? pod.memoryLimit ?? request ?? '') ?? 0
}
