import type { DesiredRule } from '#contract/desiredRule.ts'
import type { StatusReason } from '#contract/nodeStatus.ts'
import { ruleOf } from './desiredRules.ts'
import type { Labels } from './labelSelector.ts'
import { nodeDesired, type NodeDesired, type SelectedContainer } from './nodeDesired.ts'
import { byPrecedence, selectsContainer, selectsPod, type Policy, type PolicyPod } from './selection.ts'

/** Running containers that a policy selects and whose nodes are not told of it, by the reason. */
export interface Refused extends StatusReason {
  containers: number
}

/** What one policy selects, whether or not another one decides there. */
export interface PolicyMatch {
  pods: number
  containers: number
  /** Ids of the running containers for which their nodes are told of it. */
  told: readonly string[]
  refused: readonly Refused[]
}

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
  namespaces: ReadonlyMap<string, Labels>,
): Decisions {
  const matches = new Map(policies.map(({ name }) => [name, new MatchCount()]))
  const ordered = policies.toSorted(byPrecedence).map((policy) => ({ policy, parsed: ruleOf(policy) }))
  const byNode = new Map<string, SelectedContainer[]>()
  for (const pod of pods) {
    if (pod.node === '') continue
    const namespace = namespaces.get(pod.namespace)
    const selecting = ordered.filter(({ policy }) => selectsPod(policy, pod, namespace))
    if (selecting.length === 0) continue
    for (const member of pod.members) {
      const rules: DesiredRule[] = []
      for (const { policy, parsed } of selecting) {
        if (!selectsContainer(policy, member)) continue
        matches.get(policy.name)?.selected(pod, member.id)
        if (parsed.ok) rules.push(parsed.rule)
        else matches.get(policy.name)?.refuse({ reason: 'InvalidSpec', message: parsed.message }, member.id)
      }
      if (rules.length === 0) continue
      const onNode = byNode.get(pod.node) ?? []
      byNode.set(pod.node, onNode)
      const podUid = pod.configHash ?? pod.uid
      onNode.push({ podUid, name: member.name, ...(member.id !== undefined && { containerId: member.id }), rules })
    }
  }
  const rules = ordered.flatMap(({ parsed }) => (parsed.ok ? [parsed.rule] : []))
  const desired = new Map<string, NodeDesired>()
  for (const [node, selected] of byNode) {
    const onNode = nodeDesired(rules, selected, (rule, { containerId }, reason) =>
      matches.get(rule.policy)?.refuse(reason, containerId),
    )
    if (onNode.containers.length > 0) desired.set(node, onNode)
  }
  return { desired, matches: new Map([...matches].map(([name, match]) => [name, match.result()])) }
}

class MatchCount {
  #pods = 0
  #lastPod: PolicyPod | undefined
  readonly #ids = new Set<string>()
  readonly #refusedIds = new Set<string>()
  readonly #refused = new Map<string, Refused>()

  /** Called for one pod after the other. */
  selected(pod: PolicyPod, id: string | undefined): void {
    if (id === undefined) return
    this.#ids.add(id)
    if (this.#lastPod !== pod) this.#pods++
    this.#lastPod = pod
  }

  refuse({ reason, message }: StatusReason, id: string | undefined): void {
    if (id === undefined) return
    this.#refusedIds.add(id)
    const { containers } = this.#refused.get(reason) ?? { containers: 0 }
    this.#refused.set(reason, { reason, message, containers: containers + 1 })
  }

  result(): PolicyMatch {
    return {
      pods: this.#pods,
      containers: this.#ids.size,
      told: [...this.#ids].filter((id) => !this.#refusedIds.has(id)),
      refused: [...this.#refused.values()],
    }
  }
}
