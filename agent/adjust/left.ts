import type { Wanted } from './adjuster.ts'
import type { OwnKillScopes } from './killScopes.ts'
import type { ContainerOriginal, Originals } from './originals.ts'
import { identityOf, type ObservedProcess } from './plan.ts'
import type { KillScope, ObservedContainer } from './target.ts'

/** Reads and writes nothing. */
export interface LeftPorts {
  observe(wanted: Wanted): readonly ObservedContainer[]
  readKillScope(container: ObservedContainer): KillScope | undefined
}

/** Containers that still have a score or a kill scope that was set, and is to be given back when the mode lets it. */
export function countLeft(scores: Originals, killScopes: OwnKillScopes, ports: LeftPorts): number {
  const containerIds = new Set([...Object.keys(scores), ...Object.keys(killScopes)])
  if (containerIds.size === 0) return 0
  const there = ports.observe({ containerIds, podUids: new Set(), chosenPodUids: new Set() })
  return there.filter((container) => {
    const { containerId, processes } = container
    const own = scores[containerId]
    if (own !== undefined && processes.some((process) => isSet(process, own))) return true
    const scope = killScopes[containerId]
    return scope !== undefined && ports.readKillScope(container) !== scope
  }).length
}

function isSet(process: ObservedProcess, { original, applied, processes }: ContainerOriginal): boolean {
  const { oomScoreAdj } = process
  return applied.includes(oomScoreAdj) && oomScoreAdj !== (processes[identityOf(process)] ?? original)
}
