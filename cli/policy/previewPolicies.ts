import type { DesiredRule } from '#contract/desiredRule.ts'
import type { StatusReason } from '#contract/nodeStatus.ts'
import type { ClusterFacts, Rails } from '../../operator/policies/clusterFacts.ts'
import { decide } from '../../operator/policies/decide.ts'
import { kubeletScore } from '../../operator/policies/kubeletScore.ts'
import { scoresOf } from '../../operator/policies/protection.ts'
import { currentRollback, withdrawnFrom } from '../../operator/policies/rollback.ts'
import { selectsContainer, selectsPod, type Policy } from '../../operator/policies/selection.ts'
import { podUidOnNode, type CachedPod, type PodMember } from '../../operator/runtime/pod.ts'
import type { ClusterObjects } from './clusterObjects.ts'
import { refusalByNode } from './refusalByNode.ts'
import { workloadOf } from './workloadOf.ts'

/** What a policy would come to at a container that it selects. */
export interface ContainerPreview {
  namespace: string
  pod: string
  /** `StatefulSet/db`; `Pod/NAME` of one that nothing controls. */
  workload: string
  container: string
  type: PodMember['type']
  node: string
  qosClass: string | undefined
  isRunning: boolean
  /** The oom_score_adj that the kubelet gives, and what comes of it; absent where the policy sets none. */
  before?: number | undefined
  after?: number | undefined
  /** sets: it decides. outranked: another policy does. refused: a guard rail says no. */
  outcome: 'sets' | 'outranked' | 'refused'
  /** The policy that decides instead, or for some of the processes. */
  otherPolicy?: string | undefined
  why?: StatusReason | undefined
}

export interface PolicyPreview {
  policy: Policy
  containers: readonly ContainerPreview[]
}

/** Who decides for the processes of a running container. */
export interface DecidedContainer {
  /** The policies that enforce, in order of precedence, once those that are tried do too. */
  rules: readonly DesiredRule[]
  /** What the kubelet gave it. */
  kubeletScore: number
  /** A policy of the cluster may have set another value by now. */
  isAdjusted: boolean
}

export interface Preview {
  policies: readonly PolicyPreview[]
  /** By container id. */
  decided: ReadonlyMap<string, DecidedContainer>
  /** Containers that another policy would lose, since those that are tried take the room in the node's budget. */
  displaced: readonly { policy: string; containers: number }[]
  facts: ClusterFacts
}

/**
 * What policies would do in a cluster: as if all of them were enforced there, beside those that are. One of the same name
 * takes the other's place; those that only audit decide nothing.
 */
export function previewPolicies(tried: readonly Policy[], objects: ClusterObjects, rails: Rails): Preview {
  const { pods, namespaces, nodes } = objects
  const names = new Set(tried.map(({ name }) => name))
  const facts = factsOf(objects, tried, rails)
  const there = objects.policies.filter(({ spec, deleting }) => spec.mode === 'Enforce' && !deleting)
  const enforced = tried.map((policy) => ({ ...policy, spec: { ...policy.spec, mode: 'Enforce' as const } }))
  const all = [...there.filter(({ name }) => !names.has(name)), ...enforced]

  const leftOut = new Map<string, StatusReason>()
  const after = decide(all, pods, facts, (policy, container, reason) =>
    leftOut.set(`${policy} ${keyOf(container)}`, reason),
  )
  const before = decide(there, pods, facts)
  const rulesAfter = rulesByContainer(after.desired)
  const rulesBefore = rulesByContainer(before.desired)

  const decided = new Map<string, DecidedContainer>()
  for (const pod of pods) {
    for (const member of pod.members) {
      if (member.id === undefined) continue
      const key = keyOf({ podUid: podUidOnNode(pod), name: member.name })
      const rules = rulesAfter.get(key) ?? []
      const isAdjusted = rulesBefore.get(key)?.some(({ score }) => score !== undefined) === true
      if (rules.length === 0 && !isAdjusted) continue
      const capacityKib = nodes.get(pod.node)?.memory?.capacityKib
      decided.set(member.id, { rules, kubeletScore: kubeletScore(pod, member, capacityKib), isAdjusted })
    }
  }

  const policies = enforced.map((policy, at) => {
    const containers = pods.flatMap((pod) => {
      if (pod.node === '' || !selectsPod(policy, pod, namespaces.get(pod.namespace))) return []
      const own = pod.members.filter((member) => selectsContainer(policy, member))
      return own.map((member) => {
        const key = keyOf({ podUid: podUidOnNode(pod), name: member.name })
        const rules = rulesAfter.get(key) ?? []
        const scores = scoresOf({ policy, pod, member }, facts)
        const verdict = verdictOf(policy, rules, scores, leftOut.get(`${policy.name} ${key}`))
        return { ...describe(pod, member), ...scores, ...verdict }
      })
    })
    return { policy: tried[at] ?? policy, containers }
  })
  const displaced = there.flatMap(({ name }) => {
    if (names.has(name)) return []
    const lost = (before.matches.get(name)?.told.length ?? 0) - (after.matches.get(name)?.told.length ?? 0)
    return lost > 0 ? [{ policy: name, containers: lost }] : []
  })
  return { policies, decided, displaced, facts }
}

/** Those that are tried are applied everywhere; of others it counts from which nodes they were taken back. */
function factsOf(
  { policies, namespaces, nodes, runtimeHandlers }: ClusterObjects,
  tried: readonly Policy[],
  rails: Rails,
): ClusterFacts {
  const withdrawn = new Map(
    policies.map((policy) => [policy.name, withdrawnFrom(currentRollback(policy, policy.rollback))]),
  )
  for (const { name } of tried) withdrawn.delete(name)
  return { rails, namespaces, nodes, runtimeHandlers, withdrawn }
}

function verdictOf(
  { name }: Policy,
  rules: readonly DesiredRule[],
  scores: { before: number; after: number } | undefined,
  why: StatusReason | undefined,
): Pick<ContainerPreview, 'outcome' | 'otherPolicy' | 'why'> {
  if (why !== undefined) return { outcome: 'refused', why }
  const place = rules.findIndex(({ policy }) => policy === name)
  if (place < 0) return { outcome: 'refused', why: { reason: 'InvalidSpec', message: 'the nodes would not take it' } }
  const own = rules[place]
  if (own?.score === undefined) return { outcome: 'sets' }
  const ahead = rules.slice(0, place).filter(({ score }) => score !== undefined)
  const winner = ahead.find(({ processes }) => processes === undefined)
  if (winner !== undefined) return { outcome: 'outranked', otherPolicy: winner.policy }
  const refusal = scores && refusalByNode(own.score, scores.after, scores.before)
  if (refusal !== undefined) return { outcome: 'refused', why: refusal }
  return { outcome: 'sets', otherPolicy: ahead[0]?.policy }
}

function describe(pod: CachedPod, { name, type, id }: PodMember) {
  return {
    namespace: pod.namespace,
    pod: pod.name,
    workload: workloadOf(pod),
    container: name,
    type,
    node: pod.node,
    qosClass: pod.qosClass,
    isRunning: id !== undefined,
  }
}

function keyOf({ podUid, name }: { podUid: string; name: string }): string {
  return `${podUid}/${name}`
}

function rulesByContainer(desired: ReturnType<typeof decide>['desired']): Map<string, readonly DesiredRule[]> {
  const byContainer = new Map<string, readonly DesiredRule[]>()
  for (const { rules, containers } of desired.values()) {
    for (const container of containers)
      byContainer.set(
        keyOf(container),
        container.rules.flatMap((place) => rules[place] ?? []),
      )
  }
  return byContainer
}
