import type { Attribution } from '#contract/killEvent.ts'
import { isListed } from '#kernel/event/groupVictims.ts'
import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import { isAncestorHidden, parseCgroupPath } from '../cgroup/path.ts'

/** Where a victim was, and who says so. */
export interface VictimPlace {
  source: Exclude<Attribution['source'], 'none'>
  cgroupPath: string
}

/** For a place that may be known in a moment. */
export interface PlaceSearch {
  readonly place: VictimPlace | undefined
  /** Nothing is to come that could still tell. */
  readonly isOver: boolean
  /** Looks again at what could. */
  look(): void
}

/**
 * @param killedAtMs milliseconds on a clock that only goes forward
 * @returns undefined when nobody was killed, and when nobody can say.
 */
export type LocateVictim = (outcome: OomOutcome, killedAtMs: number) => VictimPlace | PlaceSearch | undefined

/** Where only the kernel's own lines are to be believed: in a recording, whose processes are not this machine's. */
export function locateInLog(outcome: OomOutcome): VictimPlace | undefined {
  return placeInDump(outcome) ?? placeOfGroup(outcome)
}

export function isSearch(found: VictimPlace | PlaceSearch | undefined): found is PlaceSearch {
  return found !== undefined && 'isOver' in found
}

/** The dump is about the victim that it announces: those who die with it may be elsewhere in the group's cgroup. */
export function placeInDump(outcome: OomOutcome): VictimPlace | undefined {
  const cgroupPath = outcome.dump?.cgroup.task
  if (cgroupPath === undefined || outcome.outcome !== 'killed') return undefined
  const isAnnounced = outcome.dump?.announcedVictim?.pid === outcome.victim.pid
  if (outcome.groupCgroup === undefined || isAnnounced) return { source: 'dump', cgroupPath }
  // One that the dump does not list may be of another kill.
  const isGroups = cgroupPath === outcome.groupCgroup && isListed(outcome.dump, outcome.victim.pid)
  return isGroups ? { source: 'dump', cgroupPath } : undefined
}

/** The cgroup that the kernel said to kill whole: the victim is in it or below. */
export function placeOfGroup(outcome: OomOutcome): VictimPlace | undefined {
  if (outcome.outcome !== 'killed' || outcome.groupCgroup === undefined) return undefined
  return { source: 'group', cgroupPath: outcome.groupCgroup }
}

/**
 * Whose process it was. Nobody's word is "unknown", never "the host"; nor is a path that a cgroup namespace shows the end
 * of only.
 */
export function describeAttribution(place: VictimPlace | undefined): Attribution {
  if (place === undefined) return { source: 'none' }
  const { podUid, containerId, qosClass } = parseCgroupPath(place.cgroupPath)
  if (podUid === undefined && isAncestorHidden(place.cgroupPath)) return { source: 'none' }
  return { ...place, podUid, containerId, qosClass }
}
