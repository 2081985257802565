import type { DesiredRule } from '#contract/desiredRule.ts'
import type { StatusReason } from '#contract/nodeStatus.ts'
import { refusalOf } from './checks/containerChecks.ts'
import type { ClusterFacts } from './clusterFacts.ts'
import { ruleOf } from './desiredRules.ts'
import type { Labels } from './labelSelector.ts'
import { nodeDesired, type NodeDesired, type OnRefused } from './nodeDesired.ts'
import type { PodMember } from '../runtime/pod.ts'
import { isProtecting } from './protection.ts'
import { byPrecedence, selectsContainer, selectsPod, type Policy, type PolicyPod } from './selection.ts'
import { wantedProtection, withinBudget, type OnNode, type WantedProtection } from './withinBudget.ts'

/** Running containers that a policy selects and whose nodes are not told of it, by the reason. */
export interface Refused extends StatusReason {
  containers: number
  /** A guard rail says so: it is as it should be. */
  isGuarded: boolean
}

/** What one policy selects, whether or not another one decides there. */
export interface PolicyMatch {
  pods: number
  containers: number
  /** Ids of the running containers for which their nodes are told of it. */
  told: readonly string[]
  /** These nodes. */
  nodes: ReadonlySet<string>
  /** Nodes where it lets a container outlive more than it did. */
  protectingOn: ReadonlySet<string>
  refused: readonly Refused[]
  /** Where the running containers are, by id. */
  places: ReadonlyMap<string, ContainerPlace>
  /** Why nodes are not told of it, by container id. */
  refusals: ReadonlyMap<string, StatusReason>
}

export interface ContainerPlace {
  pod: PolicyPod
  /** By name. */
  container: string
}

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
  const matches = new Map(policies.map(({ name }) => [name, new MatchCount()]))
  const ordered = policies.toSorted(byPrecedence).map((policy) => ({ policy, parsed: ruleOf(policy) }))
  const byNode = new Map<string, OnNode>()
  const selectingOf = sharedSelection(ordered, facts.namespaces)
  for (const pod of pods) {
    if (pod.node === '') continue
    const selecting = selectingOf(pod)
    if (selecting.length === 0) continue
    for (const member of pod.members) {
      const place = { pod, container: member.name }
      const rules: DesiredRule[] = []
      const wanted: WantedProtection[] = []
      for (const { policy, parsed } of selecting) {
        if (!selectsContainer(policy, member)) continue
        const match = matches.get(policy.name)
        match?.selected(place, member)
        const subject = { policy, pod, member }
        const refusal = refusalOf(subject, facts)
        if (refusal !== undefined) {
          match?.refuse(refusal.why, member.id, refusal.isGuarded)
          onLeftOut(policy.name, { podUid: pod.configHash ?? pod.uid, name: member.name }, refusal.why)
        } else if (!parsed.ok) match?.refuse({ reason: 'InvalidSpec', message: parsed.message }, member.id)
        else {
          rules.push(parsed.rule)
          if (!isProtecting(subject, facts)) continue
          wanted.push(wantedProtection(subject, parsed.rule))
          match?.protects(pod.node)
        }
      }
      if (rules.length === 0) continue
      const onNode = byNode.get(pod.node) ?? { selected: [], wanted: [] }
      byNode.set(pod.node, onNode)
      const podUid = pod.configHash ?? pod.uid
      const id = member.id !== undefined && { containerId: member.id }
      onNode.selected.push({ podUid, name: member.name, ...id, rules })
      onNode.wanted.push(...wanted)
    }
  }
  const rules = ordered.flatMap(({ parsed }) => (parsed.ok ? [parsed.rule] : []))
  const desired = new Map<string, NodeDesired>()
  for (const [node, some] of byNode) {
    const refuse =
      (isGuarded: boolean): OnRefused =>
      ({ policy }, container, reason) => {
        matches.get(policy)?.refuse(reason, container.containerId, isGuarded)
        onLeftOut(policy, container, reason)
      }
    const onNode = nodeDesired(rules, withinBudget(node, some, facts, refuse(true)), refuse(false))
    if (onNode.containers.length > 0) desired.set(node, onNode)
  }
  return { desired, matches: new Map([...matches].map(([name, match]) => [name, match.result()])) }
}

/**
 * The policies that select a pod. Pods of one workload share their labels in memory, and are looked at once: all of what
 * selectsPod reads of a pod is in the key.
 */
function sharedSelection<T extends { policy: Policy }>(
  ordered: readonly T[],
  namespaces: ReadonlyMap<string, Labels>,
): (pod: PolicyPod) => readonly T[] {
  const known = new Map<Labels, Map<string, readonly T[]>>()
  return (pod) => {
    const ofLabels = known.get(pod.labels) ?? new Map<string, readonly T[]>()
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

class MatchCount {
  #pods = 0
  #lastPod: PolicyPod | undefined
  readonly #places = new Map<string, ContainerPlace>()
  readonly #protectingOn = new Set<string>()
  readonly #refusals = new Map<string, StatusReason>()
  readonly #refused = new Map<string, Refused>()

  protects(node: string): void {
    this.#protectingOn.add(node)
  }

  /** Called for one pod after the other. */
  selected(place: ContainerPlace, { id }: PodMember): void {
    if (id === undefined) return
    this.#places.set(id, place)
    if (this.#lastPod !== place.pod) this.#pods++
    this.#lastPod = place.pod
  }

  refuse({ reason, message }: StatusReason, id: string | undefined, isGuarded = false): void {
    if (id === undefined) return
    this.#refusals.set(id, { reason, message })
    const key = `${reason} ${message}`
    const { containers } = this.#refused.get(key) ?? { containers: 0 }
    this.#refused.set(key, { reason, message, containers: containers + 1, isGuarded })
  }

  result(): PolicyMatch {
    const told = [...this.#places].filter(([id]) => !this.#refusals.has(id))
    return {
      pods: this.#pods,
      containers: this.#places.size,
      told: told.map(([id]) => id),
      nodes: new Set(told.map(([, { pod }]) => pod.node)),
      protectingOn: this.#protectingOn,
      refused: [...this.#refused.values()],
      places: this.#places,
      refusals: this.#refusals,
    }
  }
}
