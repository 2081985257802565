import type { DesiredRule } from '#contract/desiredRule.ts'
import type { StatusReason } from '#contract/nodeStatus.ts'
import { podUidOnNode } from '../runtime/pod.ts'
import { refusalOf } from './checks/containerChecks.ts'
import type { ClusterFacts } from './clusterFacts.ts'
import { ruleOf, type ParsedRule } from './desiredRules.ts'
import type { Labels } from './labelSelector.ts'
import { nodeDesired, type NodeDesired, type OnRefused } from './nodeDesired.ts'
import { NodeMatch, NodeParts, type PolicyMatch } from './policyMatch.ts'
import { isProtecting } from './protection.ts'
import { byPrecedence, selectsContainer, selectsPod, type Policy, type PolicyPod } from './selection.ts'
import { wantedProtection, withinBudget, type OnNode } from './withinBudget.ts'

/** Told of each container that a policy selects and its node is not told of, running or not. */
export type OnLeftOut = (policy: string, container: { podUid: string; name: string }, reason: StatusReason) => void

export interface Decisions {
  /** By node name; a node that has nothing to know is not in it. */
  desired: ReadonlyMap<string, NodeDesired>
  /** By policy name. */
  matches: ReadonlyMap<string, PolicyMatch>
}

/**
 * The rules of each container, in order of precedence: the highest priority first, of equals the first by name. Which of
 * them decides for a process is the node's to see. Containers that do not run yet have theirs too, so that a node
 * knows them when they start; what a policy matches is counted by those that run.
 */
export function decide(
  policies: readonly Policy[],
  pods: Iterable<PolicyPod>,
  facts: ClusterFacts,
  onLeftOut: OnLeftOut = () => undefined,
): Decisions {
  const decider = new Decider()
  decider.decideAll(policies, pods, facts, onLeftOut)
  return decider
}

/** A policy, with what its nodes have to know of it. */
interface OrderedPolicy {
  policy: Policy
  parsed: ParsedRule
}

/**
 * Decisions that follow their cluster. What becomes of a pod, its node's budget among it, depends on the pods of its node
 * alone, beside policies, namespaces and RuntimeClasses: after a change of pods, only their nodes are decided anew.
 */
export class Decider implements Decisions {
  readonly desired = new Map<string, NodeDesired>()
  #parts: ReadonlyMap<string, NodeParts> = new Map()
  #ordered: readonly OrderedPolicy[] = []
  #selectingOf: (pod: PolicyPod) => readonly OrderedPolicy[] = () => []

  get matches(): ReadonlyMap<string, PolicyMatch> {
    return new Map([...this.#parts].map(([name, parts]) => [name, parts.whole]))
  }

  /** After a change of more than pods and nodes. */
  decideAll(
    policies: readonly Policy[],
    pods: Iterable<PolicyPod>,
    facts: ClusterFacts,
    onLeftOut: OnLeftOut = () => undefined,
  ): void {
    this.desired.clear()
    this.#parts = new Map(policies.map(({ name }) => [name, new NodeParts()]))
    this.#ordered = policies.toSorted(byPrecedence).map((policy) => ({ policy, parsed: ruleOf(policy) }))
    this.#selectingOf = sharedSelection(this.#ordered, facts.namespaces)
    const byNode = new Map<string, PolicyPod[]>()
    for (const pod of pods) {
      const onNode = byNode.get(pod.node)
      if (onNode === undefined) byNode.set(pod.node, [pod])
      else onNode.push(pod)
    }
    for (const [node, some] of byNode) this.#decideNode(node, some, facts, onLeftOut)
  }

  /** After a change of pods of these nodes, or of the nodes themselves. @param pods all of the cluster */
  decideNodes(nodes: ReadonlySet<string>, pods: Iterable<PolicyPod>, facts: ClusterFacts): void {
    const byNode = new Map<string, PolicyPod[]>([...nodes].map((node) => [node, []]))
    for (const pod of pods) byNode.get(pod.node)?.push(pod)
    for (const [node, some] of byNode) this.#decideNode(node, some, facts, () => undefined)
  }

  #decideNode(node: string, pods: readonly PolicyPod[], facts: ClusterFacts, onLeftOut: OnLeftOut): void {
    const { desired, matches } = decideNode(node, pods, this.#ordered, this.#selectingOf, facts, onLeftOut)
    if (desired.containers.length > 0) this.desired.set(node, desired)
    else this.desired.delete(node)
    for (const [name, parts] of this.#parts) parts.put(node, matches.get(name))
  }
}

function decideNode(
  node: string,
  pods: readonly PolicyPod[],
  ordered: readonly OrderedPolicy[],
  selectingOf: (pod: PolicyPod) => readonly OrderedPolicy[],
  facts: ClusterFacts,
  onLeftOut: OnLeftOut,
): { desired: NodeDesired; matches: ReadonlyMap<string, NodeMatch> } {
  const matches = new Map<string, NodeMatch>()
  const onNode: OnNode = { selected: [], wanted: [] }
  for (const pod of node === '' ? [] : pods) {
    const selecting = selectingOf(pod)
    if (selecting.length === 0) continue
    for (const member of pod.members) {
      const place = { pod, container: member.name }
      const rules: DesiredRule[] = []
      for (const { policy, parsed } of selecting) {
        if (!selectsContainer(policy, member)) continue
        const match = matches.get(policy.name) ?? new NodeMatch()
        matches.set(policy.name, match)
        match.selected(place, member)
        const subject = { policy, pod, member }
        const refusal = refusalOf(subject, facts)
        if (refusal !== undefined) {
          match.refuse(refusal.why, member.id, refusal.isGuarded)
          onLeftOut(policy.name, { podUid: podUidOnNode(pod), name: member.name }, refusal.why)
        } else if (!parsed.ok) match.refuse({ reason: 'InvalidSpec', message: parsed.message }, member.id)
        else {
          rules.push(parsed.rule)
          if (!isProtecting(subject, facts)) continue
          onNode.wanted.push(wantedProtection(subject, parsed.rule))
          match.isProtecting = true
        }
      }
      if (rules.length === 0) continue
      const podUid = podUidOnNode(pod)
      const id = member.id !== undefined && { containerId: member.id }
      onNode.selected.push({ podUid, name: member.name, ...id, rules })
    }
  }
  const refuse =
    (isGuarded: boolean): OnRefused =>
    ({ policy }, container, reason) => {
      matches.get(policy)?.refuse(reason, container.containerId, isGuarded)
      onLeftOut(policy, container, reason)
    }
  const rules = ordered.flatMap(({ parsed }) => (parsed.ok ? [parsed.rule] : []))
  const selected = withinBudget(node, onNode, facts, refuse(true))
  return { desired: nodeDesired(rules, selected, refuse(false)), matches }
}

/**
 * The policies that select a pod. Pods of one workload share their labels in memory, and are looked at once: all of what
 * selectsPod reads of a pod is in the key.
 */
function sharedSelection(
  ordered: readonly OrderedPolicy[],
  namespaces: ReadonlyMap<string, Labels>,
): (pod: PolicyPod) => readonly OrderedPolicy[] {
  // Labels that no pod has any more are forgotten.
  const known = new WeakMap<Labels, Map<string, readonly OrderedPolicy[]>>()
  return (pod) => {
    const ofLabels = known.get(pod.labels) ?? new Map<string, readonly OrderedPolicy[]>()
    known.set(pod.labels, ofLabels)
    const key = `${pod.namespace}/${pod.priorityClass ?? ''}`
    let selecting = ofLabels.get(key)
    if (selecting === undefined) {
      const namespace = namespaces.get(pod.namespace)
      selecting = ordered.filter(({ policy }) => selectsPod(policy, pod, namespace))
      ofLabels.set(key, selecting)
    }
    return selecting
  }
}
