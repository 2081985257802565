import type { DesiredContainer } from '#contract/desiredState.ts'
import type { OomPolicySpec } from '../api/oomPolicy.ts'
import { matchesLabels, type Labels } from './labelSelector.ts'

export interface Policy {
  name: string
  generation: number
  spec: OomPolicySpec
}

/** A pod as policies see it: bound to a node, with the containers that run. */
export interface PolicyPod {
  namespace: string
  node: string
  labels: Labels
  running: readonly { id: string; name: string }[]
}

/** What one policy selects, whether or not it decides there. */
export interface PolicyMatch {
  pods: number
  containers: number
  /** Container ids where it decides and Enforce writes. */
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
  // A namespace that is not known yet fits no selector: better late than wrong.
  ({ spec }, _pod, namespace) => namespace !== undefined && matchesLabels(spec.namespaceSelector ?? {}, namespace),
  ({ spec }, { labels }) => spec.podSelector !== undefined && matchesLabels(spec.podSelector, labels),
  ({ spec }, _pod, _namespace, container) => spec.containers?.includes(container) ?? true,
]

/**
 * One value per container: of the enforcing policies that select it the highest priority decides, of equals the first
 * by name. Audit policies decide nothing.
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
    for (const container of pod.running) {
      const selected = ordered.filter((policy) => CHECKS.every((fits) => fits(policy, pod, namespace, container.name)))
      for (const { name } of selected) {
        const match = matches.get(name)
        if (match === undefined) continue
        match.containers++
        if (!selecting.has(name)) match.pods++
        selecting.add(name)
      }
      const deciding = selected.find(({ spec }) => spec.mode === 'Enforce')
      if (deciding === undefined) continue
      matches.get(deciding.name)?.deciding.push(container.id)
      const onNode = desired.get(pod.node) ?? []
      desired.set(pod.node, onNode)
      const { value } = deciding.spec.oomScoreAdj
      onNode.push({ containerId: container.id, oomScoreAdj: value, policy: deciding.name })
    }
  }
  // The order of pods in memory must not look like a change.
  for (const containers of desired.values()) containers.sort((a, b) => (a.containerId < b.containerId ? -1 : 1))
  return { desired, matches }
}
