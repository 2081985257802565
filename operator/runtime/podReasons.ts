import type { StatusReason } from '#contract/nodeStatus.ts'
import type { ContainerPlace } from '../policies/policyMatch.ts'
import type { Policy, PolicyPod } from '../policies/selection.ts'

/** Why a policy is not applied in a container, which its pod's owner has to know. */
export interface PodReason extends StatusReason {
  policy: Policy
  pod: PolicyPod
  container: string
  containerId: string
}

/** Why a policy is not applied in a container. */
export interface Trouble {
  containerId: string
  place: ContainerPlace | undefined
  why: StatusReason
}

/** Of one policy as it is, and of one reason: what a status counts is told of so many pods by name. */
export const MAX_TOLD = 50
/** Of all policies together: Events of kills share the queue, and must find room there. */
export const MAX_ALL_TOLD = 500

/** Which reasons pods were told of, each once. */
export class PodReasons {
  /** Ids of containers, by policy as it is and reason. */
  readonly #told = new Map<string, Set<string>>()

  /** What is new since it was asked last. @param troublesOf of policies that enforce */
  news(policies: readonly Policy[], troublesOf: (policy: Policy) => Iterable<Trouble>): PodReason[] {
    const enforcing = policies.filter(({ spec, deleting }) => spec.mode === 'Enforce' && !deleting)
    const current = new Set(enforcing.map(prefixOf))
    for (const key of this.#told.keys()) if (!current.has(key.slice(0, key.lastIndexOf(' ')))) this.#told.delete(key)
    const news: PodReason[] = []
    for (const policy of enforcing) {
      for (const { containerId, place, why } of troublesOf(policy)) {
        const { reason, message } = why
        if (place === undefined || !this.#isNew(`${prefixOf(policy)} ${reason}`, containerId)) continue
        news.push({ policy, ...place, containerId, reason, message })
      }
    }
    return news
  }

  #isNew(key: string, containerId: string): boolean {
    const told = this.#told.get(key) ?? new Set()
    if (told.has(containerId) || told.size >= MAX_TOLD || this.#all() >= MAX_ALL_TOLD) return false
    this.#told.set(key, told.add(containerId))
    return true
  }

  #all(): number {
    let all = 0
    for (const { size } of this.#told.values()) all += size
    return all
  }
}

function prefixOf({ uid, generation }: Policy): string {
  return `${uid} ${generation}`
}
