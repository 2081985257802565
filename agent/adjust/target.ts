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
  const targets: ContainerTarget[] = []
  const named = new Set<string>()
  const byName = new Map<string, readonly Rule[]>()
  for (const { containerId, podUid, name, rules: places } of desired.containers) {
    const rules = places.flatMap((place) => desired.rules[place] ?? [])
    byName.set(`${podUid}/${name}`, rules)
    if (containerId === undefined) continue
    named.add(containerId)
    targets.push({ containerId, rules })
  }
  for (const { containerId, podUid, name } of observed) {
    if (name === undefined || named.has(containerId)) continue
    const rules = byName.get(`${podUid}/${name}`)
    if (rules !== undefined) targets.push({ containerId, rules })
  }
  return targets
}
