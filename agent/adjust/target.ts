import type { DesiredContainer } from '#contract/desiredState.ts'
import type { ObservedProcess } from './plan.ts'

/** A container of the node as its cgroup shows it. */
export interface ObservedContainer {
  containerId: string
  podUid: string
  /** In its pod; unknown of a sandbox, and of a container that has only begun to start. */
  name: string | undefined
  processes: readonly ObservedProcess[]
}

/** What a container is to have. */
export type ContainerTarget = Pick<DesiredContainer, 'oomScoreAdj' | 'policy'> & { containerId: string }

/**
 * The container of each desired one: by its id where the apiserver has told it, else by pod and name, as when it has
 * just started anew. What the desired state names by id is never taken by name. One by id that is not there stays a
 * target: that it is absent is to be said.
 */
export function resolveTargets(
  desired: readonly DesiredContainer[],
  observed: readonly ObservedContainer[],
): ContainerTarget[] {
  const targets: ContainerTarget[] = []
  const named = new Set<string>()
  const byName = new Map<string, DesiredContainer>()
  for (const container of desired) {
    const { containerId, podUid, name, oomScoreAdj, policy } = container
    byName.set(`${podUid}/${name}`, container)
    if (containerId === undefined) continue
    named.add(containerId)
    targets.push({ containerId, oomScoreAdj, policy })
  }
  for (const { containerId, podUid, name } of observed) {
    if (name === undefined || named.has(containerId)) continue
    const container = byName.get(`${podUid}/${name}`)
    if (container === undefined) continue
    targets.push({ containerId, oomScoreAdj: container.oomScoreAdj, policy: container.policy })
  }
  return targets
}
