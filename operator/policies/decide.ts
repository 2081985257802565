import type { DesiredContainer } from '#contract/desiredState.ts'
import type { OomPolicySpec } from '../api/oomPolicy.ts'
import type { PodMember } from '../runtime/pod.ts'
import { matchesLabels, type Labels } from './labelSelector.ts'

export interface Policy {
  name: string
  generation: number
  spec: OomPolicySpec
  /** It is to be deleted: it decides nothing any more. */
  deleting: boolean
  /** Whether it is kept from vanishing until its scores are given back. */
  held: boolean
}

/** A pod as policies see it: bound to a node, with its containers. */
export interface PolicyPod {
  namespace: string
  node: string
  labels: Labels
  uid: string
  /** Of a static pod: its UID on the node. */
  configHash: string | undefined
  members: readonly PodMember[]
}

/** What one policy selects, whether or not it decides there. */
export interface PolicyMatch {
  pods: number
  containers: number
  /** Ids of running containers where it decides and Enforce writes. */
  deciding: readonly string[]
}

export interface Decisions {
  /** By node name; a node without a deciding policy is not in it. */
  desired: ReadonlyMap<string, readonly DesiredContainer[]>
  /** By policy name. */
  matches: ReadonlyMap<string, PolicyMatch>
}

/** Why a policy does not select a container; the list is the specification. */
const CHECKS: readonly ((
  policy: Policy,
  pod: PolicyPod,
  namespace: Labels | undefined,
  container: string,
) => boolean)[] = [
  ({ deleting }) => !deleting,
  // A namespace that is not known yet fits no selector: better late than wrong.
  ({ spec }, _pod, namespace) => namespace !== undefined && matchesLabels(spec.namespaceSelector ?? {}, namespace),
  ({ spec }, { labels }) => spec.podSelector !== undefined && matchesLabels(spec.podSelector, labels),
  ({ spec }, _pod, _namespace, container) => spec.containers?.includes(container) ?? true,
]

/**
 * One value per container: of the enforcing policies that select it the highest priority decides, of equals the first
 * by name. Audit policies decide nothing. Containers that do not run yet are decided too, so that a node knows
 * them when they start; what a policy matches is counted by those that run.
 */
export function decide(
  policies: readonly Policy[],
  pods: Iterable<PolicyPod>,
  namespaces: ReadonlyMap<string, Labels>,
): Decisions {
  const ordered = policies.toSorted((a, b) => b.spec.priority - a.spec.priority || (a.name < b.name ? -1 : 1))
  const desired = new Map<string, DesiredContainer[]>()
  const matches = new Map(policies.map(({ name }) => [name, { pods: 0, containers: 0, deciding: [] as string[] }]))
  for (const pod of pods) {
    if (pod.node === '') continue
    const namespace = namespaces.get(pod.namespace)
    const selecting = new Set<string>()
    for (const { name, id } of pod.members) {
      const selected = ordered.filter((policy) => CHECKS.every((fits) => fits(policy, pod, namespace, name)))
      for (const policy of selected) {
        const match = matches.get(policy.name)
        if (match === undefined || id === undefined) continue
        match.containers++
        if (!selecting.has(policy.name)) match.pods++
        selecting.add(policy.name)
      }
      const deciding = selected.find(({ spec }) => spec.mode === 'Enforce')
      if (deciding === undefined) continue
      if (id !== undefined) matches.get(deciding.name)?.deciding.push(id)
      const onNode = desired.get(pod.node) ?? []
      desired.set(pod.node, onNode)
      onNode.push({
        podUid: pod.configHash ?? pod.uid,
        name,
        ...(id !== undefined && { containerId: id }),
        oomScoreAdj: deciding.spec.oomScoreAdj.value,
        policy: deciding.name,
      })
    }
  }
  // The order of pods in memory must not look like a change.
  for (const containers of desired.values()) containers.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
  return { desired, matches }
}

function orderOf({ podUid, name }: DesiredContainer): string {
  return `${podUid}/${name}`
}
