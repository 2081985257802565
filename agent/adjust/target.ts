import type { DesiredRule } from '#contract/desiredRule.ts'
import type { DesiredContainer } from '#contract/desiredState.ts'
import type { ObservedProcess } from './plan.ts'
import type { Rule } from './rule.ts'

/** What is desired of a node's containers; the places in each one's `rules` are those of `rules`. */
export interface Desired {
  rules: readonly Rule[]
  containers: readonly DesiredContainer[]
  /** In its bucket. */
  revision?: number
}

export type KillScope = NonNullable<DesiredRule['killScope']>

/** A container of the node as its cgroup shows it. */
export interface ObservedContainer {
  containerId: string
  podUid: string
  /** In its pod; unknown of a sandbox, and of a container that has only begun to start. */
  name: string | undefined
  /** Path of its memory cgroup, from the root of the hierarchy. */
  cgroup: string
  processes: readonly ObservedProcess[]
}

/** A container with the rules that select it, in order of precedence. */
export interface ContainerTarget {
  containerId: string
  rules: readonly Rule[]
}

/**
 * The container of each desired one: by its id where the apiserver has told it, else by pod and name, as when it has
 * just started anew. What the desired state names by id is never taken by name. One by id that is not there stays a
 * target: that it is absent is to be said.
 */
export function resolveTargets(desired: Desired, observed: readonly ObservedContainer[]): ContainerTarget[] {
  return new TargetIndex(desired).resolve(observed, true)
}

/** A desired state, ready to be held against what is there again and again. */
export class TargetIndex {
  readonly podUids: ReadonlySet<string>
  /** Of these, the pods with a container of which a rule chooses processes by what they are. */
  readonly chosenPodUids: ReadonlySet<string>
  readonly #desired: Desired
  readonly #byId = new Map<string, ContainerTarget>()
  readonly #byName = new Map<string, readonly Rule[]>()

  constructor(desired: Desired) {
    this.#desired = desired
    const chosenPodUids = new Set<string>()
    for (const { containerId, podUid, name, rules: places } of desired.containers) {
      const rules = places.flatMap((place) => desired.rules[place] ?? [])
      this.#byName.set(`${podUid}/${name}`, rules)
      if (containerId !== undefined) this.#byId.set(containerId, { containerId, rules })
      if (rules.some(({ matchers }) => matchers !== undefined)) chosenPodUids.add(podUid)
    }
    this.podUids = new Set(desired.containers.map(({ podUid }) => podUid))
    this.chosenPodUids = chosenPodUids
  }

  /** Those that are named by it. */
  get containerIds(): Iterable<string> {
    return this.#byId.keys()
  }

  isOf({ rules, containers }: Desired): boolean {
    return rules === this.#desired.rules && containers === this.#desired.containers
  }

  /** @param withAbsent whether those by id are told that are not there */
  resolve(observed: readonly ObservedContainer[], withAbsent: boolean): ContainerTarget[] {
    const targets: ContainerTarget[] = withAbsent ? [...this.#byId.values()] : []
    for (const { containerId, podUid, name } of observed) {
      const target = this.#byId.get(containerId)
      if (target !== undefined) {
        if (!withAbsent) targets.push(target)
        continue
      }
      const rules = name === undefined ? undefined : this.#byName.get(`${podUid}/${name}`)
      if (rules !== undefined) targets.push({ containerId, rules })
    }
    return targets
  }
}
