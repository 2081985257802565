import type { DesiredScore } from '#contract/desiredRule.ts'
import { refusalOf } from '../checks/containerChecks.ts'
import type { ClusterFacts } from '../clusterFacts.ts'
import { scoresOf } from '../protection.ts'
import { selectsContainer, selectsPod, type Policy, type PolicyPod } from '../selection.ts'
import type { Place } from './pastKill.ts'

/** What a policy does at a container: the kubelet's value, and what comes of it. */
export interface Effect {
  score: DesiredScore
  before: number
  after: number
}

/** What a policy may do at containers that nobody tells: at some of them at least. */
export type Around = 'nothing' | 'raises' | 'protects'

/** What one policy reaches, remembered for all kills that are replayed for it. */
export class Reach {
  readonly policy: Policy
  readonly #facts: ClusterFacts
  readonly #selected: () => Iterable<Place>
  readonly #effects = new Map<PolicyPod, Map<string, Effect | undefined>>()
  /** By node, then by namespace. */
  #around: Map<string, Map<string, Around>> | undefined

  /** @param selected containers of today that it selects */
  constructor(policy: Policy, facts: ClusterFacts, selected: () => Iterable<Place>) {
    this.policy = policy
    // What was taken back is replayed as if it were applied.
    this.#facts = { ...facts, withdrawn: new Map() }
    this.#selected = selected
  }

  /** @returns undefined where it does not select it, or a guard rail keeps it away */
  at({ pod, member }: Place): Effect | undefined {
    let ofPod = this.#effects.get(pod)
    if (ofPod === undefined) this.#effects.set(pod, (ofPod = new Map<string, Effect | undefined>()))
    if (!ofPod.has(member.name)) ofPod.set(member.name, this.#effectAt({ pod, member }))
    return ofPod.get(member.name)
  }

  /** @param except of this namespace the containers are told */
  around(node: string, except?: string): Around {
    this.#around ??= this.#lookAround()
    const there = [...(this.#around.get(node) ?? [])].filter(([namespace]) => namespace !== except)
    if (there.some(([, around]) => around === 'raises')) return 'raises'
    return there.length > 0 ? 'protects' : 'nothing'
  }

  #effectAt({ pod, member }: Place): Effect | undefined {
    const { policy } = this
    const { value, delta } = policy.spec.oomScoreAdj ?? {}
    const selects =
      selectsPod(policy, pod, this.#facts.namespaces.get(pod.namespace)) && selectsContainer(policy, member)
    const subject = { policy, pod, member }
    const scores = selects ? scoresOf(subject, this.#facts) : undefined
    if (scores === undefined || refusalOf(subject, this.#facts) !== undefined) return undefined
    return { score: value === undefined ? { delta: delta ?? 0 } : { value }, ...scores }
  }

  #lookAround(): Map<string, Map<string, Around>> {
    const byNode = new Map<string, Map<string, Around>>()
    for (const place of this.#selected()) {
      const effect = this.at(place)
      if (effect === undefined) continue
      const { node, namespace } = place.pod
      const there = byNode.get(node) ?? new Map<string, Around>()
      byNode.set(node, there)
      if (effect.after > effect.before) there.set(namespace, 'raises')
      else if (!there.has(namespace)) there.set(namespace, 'protects')
    }
    return byNode
  }
}
