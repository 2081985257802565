import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import { ownPathOf, type NodeRoot } from '../cgroup/nodeRoot.ts'
import { placeInDump, type VictimPlace } from './victimPlace.ts'

/**
 * Whether an outcome is another node's, or nobody's, of those that share a kernel and its log: the victim decides, and where there
 * is none, whose memory ran out. What cannot be placed at all is not told: each of the nodes would.
 * @param outcome as the kernel told it
 * @param place by what the node's own tree shows
 */
export function isForeign(root: NodeRoot, outcome: OomOutcome, place: VictimPlace | undefined): boolean {
  if (root.kind === 'whole') return false
  const { cgroup } = outcome.dump ?? {}
  if (outcome.outcome !== 'killed') return isOutside(root, cgroup?.oom)
  const said = placeInDump(outcome)
  if (said !== undefined) return isOutside(root, said.cgroupPath)
  if (place?.source === 'group') return isOutside(root, outcome.groupCgroup)
  return place === undefined || isForeignCgroup(root, place.cgroupPath)
}

/** The same of a cgroup that was found in the node's own tree: one that shows all of the kernel's has others too. */
export function isForeignCgroup(root: NodeRoot, path: string): boolean {
  return root.kind === 'path' && !root.isHidden && isOutside(root, path)
}

/** The same outcome with its cgroups as the node's own tree has them; those of others stay as they are. */
export function asOfNode(root: NodeRoot, outcome: OomOutcome): OomOutcome {
  if (root.kind === 'whole' || !root.isHidden) return outcome
  const own = (path: string | undefined) => {
    const below = path === undefined ? undefined : ownPathOf(root, path)
    // The node's own limit is not in its tree.
    return below === undefined || below === '/' ? path : below
  }
  const { dump } = outcome
  const { oom, task } = dump?.cgroup ?? {}
  const told = dump && { ...outcome, dump: { ...dump, cgroup: { ...dump.cgroup, oom: own(oom), task: own(task) } } }
  const placed = told ?? outcome
  return placed.outcome === 'killed' && placed.groupCgroup !== undefined
    ? { ...placed, groupCgroup: own(placed.groupCgroup) }
    : placed
}

function isOutside(root: NodeRoot, path: string | undefined): boolean {
  return path === undefined || ownPathOf(root, path) === undefined
}
