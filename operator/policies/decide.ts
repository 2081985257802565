import type { DesiredRule } from '#contract/desiredRule.ts'
import type { StatusReason } from '#contract/nodeStatus.ts'
import { refusalOf } from './checks/containerChecks.ts'
import type { ClusterFacts } from './clusterFacts.ts'
import { ruleOf } from './desiredRules.ts'
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
  for (const pod of pods) {
    if (pod.node === '') continue
    const namespace = facts.namespaces.get(pod.namespace)
    const selecting = ordered.filter(({ policy }) => selectsPod(policy, pod, namespace))
    if (selecting.length === 0) continue
    for (const member of pod.members) {
      const rules: DesiredRule[] = []
      const wanted: WantedProtection[] = []
      for (const { policy, parsed } of selecting) {
        if (!selectsContainer(policy, member)) continue
        const match = matches.get(policy.name)
        match?.selected(pod, member)
        const subject = { policy, pod, member }
        const refusal = refusalOf(subject, facts)
        if (refusal !== undefined) {
          match?.refuse(refusal, member.id, true)
          onLeftOut(policy.name, { podUid: pod.configHash ?? pod.uid, name: member.name }, refusal)
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
  selected(pod: PolicyPod, { id, name }: PodMember): void {
    if (id === undefined) return
    this.#places.set(id, { pod, container: name })
    if (this.#lastPod !== pod) this.#pods++
    this.#lastPod = pod
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
