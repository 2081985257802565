import type { KillEvent } from '#contract/killEvent.ts'
import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import { readGroupKill, type CgroupFiles } from '../cgroup/memoryFiles.ts'
import { containerPathOf } from '../cgroup/path.ts'
import type { VictimPlace } from './victimPlace.ts'

/** @returns undefined for the kill of one process, as far as can be told */
export type ReadGroup = (outcome: OomOutcome, place: VictimPlace | undefined) => KillEvent['groupKill']

/** By the kernel's word alone: in a recording, whose cgroups are not this machine's. */
export const groupInLog: ReadGroup = (outcome) => {
  const cgroupPath = outcome.outcome === 'killed' ? outcome.groupCgroup : undefined
  return cgroupPath === undefined ? undefined : { cgroupPath, source: 'line' }
}

/**
 * The kernel says that all of a cgroup goes only after the first victim's line: for that one the setting is read, up to the
 * cgroup whose limit it was, and where that is not told, up to the victim's container.
 */
export function groupReader(cgroups: CgroupFiles): ReadGroup {
  return (outcome, place) => {
    const said = groupInLog(outcome, place)
    if (said !== undefined || outcome.outcome !== 'killed' || place === undefined) return said
    const { dump } = outcome
    const top = dump === undefined ? (containerPathOf(place.cgroupPath) ?? place.cgroupPath) : dump.cgroup.oom
    const cgroupPath = readGroupKill(cgroups, place.cgroupPath, top)
    return cgroupPath === undefined ? undefined : { cgroupPath, source: 'setting' }
  }
}
