import { isListed } from '#kernel/event/groupVictims.ts'
import type { OomKill } from '#kernel/event/oomEvent.ts'
import type { KillCounters } from '../cgroup/killCounters.ts'
import type { CountedLine } from '../cgroup/killSpans.ts'
import { isAncestorHidden, parseCgroupPath, isIn } from '../cgroup/path.ts'
import { readMemoryCgroup, readStat, type ProcFiles } from '../proc/processFiles.ts'
import type { ProcStat } from '../proc/stat.ts'
import type { KnownProcess } from '../processes/knownProcess.ts'
import type { NewbornProcesses } from '../processes/newbornProcesses.ts'
import type { NamedVictim, ProcessClock, ProcessTable } from '../processes/processTable.ts'
import { placeInDump, placeOfGroup, type LocateVictim, type PlaceSearch, type VictimPlace } from './victimPlace.ts'

export interface LocatorPorts {
  table: ProcessTable
  files: ProcFiles
  counters: Pick<KillCounters, 'explain' | 'find' | 'look' | 'grown' | 'hasUnexplained'>
  newborn: Pick<NewbornProcesses, 'find'>
  readClock: () => ProcessClock
  /** Whether this program sees processes by the numbers that the kernel's log has: the first PID namespace's. */
  seesKernelPids: boolean
  /** Told of each kill since processes are watched, and where it was or may have been: more may come there. */
  onKill: (cgroupPaths: readonly string[]) => void
}

/**
 * Whose kill it was, for a line with its dump and for one alone. The first of these that can say:
 * 1. the dump's task_memcg
 * 2. the process, as /proc has it now, and as it was at the last scan; it must have been there at the time of the kill
 * 3. the cgroup that the kernel said to kill whole, where the line is about one of its processes
 * 4. its parent, where that is in a container: what a container's process forks is there too
 * 5. the counts of kills of the cgroups, now or in a moment
 */
export class VictimLocator {
  readonly #ports: LocatorPorts

  constructor(ports: LocatorPorts) {
    this.#ports = ports
  }

  readonly locate: LocateVictim = (outcome, killedAtMs) => {
    if (outcome.outcome !== 'killed') return undefined
    const { counters, table, onKill } = this.#ports
    const isWatched = killedAtMs >= table.watchedSinceMs
    const place = this.#findPlace(outcome, killedAtMs)
    if (place !== undefined) {
      const cgroupPath = ownCopy(place.cgroupPath)
      counters.explain(cgroupPath)
      if (isWatched) onKill([cgroupPath])
      return place
    }
    const line = counters.find()
    if (isWatched) onKill(counters.grown)
    return line.isOver ? placeByCounts(line) : searchByCounts(line, counters)
  }

  #findPlace(outcome: OomKill, killedAtMs: number): VictimPlace | undefined {
    const dumped = placeInDump(outcome)
    if (dumped !== undefined) return dumped
    const { pid, command } = outcome.victim
    const process = this.#ports.seesKernelPids ? this.#identify({ pid, command, killedAtMs }) : {}
    const place = placeOf(process) ?? this.#placeOfNewborn(pid, killedAtMs)
    const group = placeOfGroup(outcome)
    if (group === undefined || (place !== undefined && isTellable(place, group))) {
      return place ?? this.#parentPlace(process)
    }
    return this.#mayBeOfGroup(outcome, group) ? group : this.#parentPlace(process)
  }

  /**
   * A line right after a group's that has no dump may be of another kill: not when the dump lists it; else not when the
   * group's cgroup has counted no kill more than were told.
   */
  #mayBeOfGroup({ dump, victim }: OomKill, { cgroupPath }: VictimPlace): boolean {
    return isListed(dump, victim.pid) || this.#ports.counters.hasUnexplained(cgroupPath)
  }

  /**
   * The process by its pid, or a thread's. What /proc has by that number may be another process by now, and so may be
   * what the last scan found: where they differ, and both may be meant, neither is.
   */
  #identify(victim: NamedVictim): Identified {
    const { table, files, readClock } = this.#ports
    const clock = readClock()
    const stat = readStat(files, victim.pid)
    const isVictim = stat?.command === victim.command && table.wasThere(stat.startTicks, victim, clock)
    const now = isVictim ? stat : undefined
    const known = table.find(victim, clock) ?? this.#knownAs(victim.pid, now)
    // A thread has a start time of its own.
    const isThread = known !== undefined && known.pid !== victim.pid
    if (now !== undefined && known !== undefined && !isThread && known.startTicks !== now.startTicks) return {}
    return { now, cgroupNow: now === undefined ? undefined : readMemoryCgroup(files, victim.pid), known }
  }

  /** The same process that has made itself another program since the scan. */
  #knownAs(pid: number, now: ProcStat | undefined): KnownProcess | undefined {
    const known = this.#ports.table.get(pid)
    return now !== undefined && known?.startTicks === now.startTicks ? known : undefined
  }

  #placeOfNewborn(pid: number, killedAtMs: number): VictimPlace | undefined {
    const { newborn, seesKernelPids } = this.#ports
    const cgroupPath = seesKernelPids ? newborn.find(pid, killedAtMs) : undefined
    return cgroupPath === undefined ? undefined : { source: 'cache', cgroupPath }
  }

  #parentPlace({ now, known }: Identified): VictimPlace | undefined {
    const { table, files } = this.#ports
    const child = now ?? known
    if (child === undefined || child.parentPid <= 1) return undefined
    const parent = readStat(files, child.parentPid) ?? table.get(child.parentPid)
    // One that is younger has the number of the parent, and no more.
    if (parent === undefined || parent.startTicks > child.startTicks) return undefined
    const cgroupPath = readMemoryCgroup(files, child.parentPid) ?? table.get(child.parentPid)?.cgroupPath
    // A container's first process is the child of a shim, which is the host's.
    if (cgroupPath === undefined || parseCgroupPath(cgroupPath).containerId === undefined) return undefined
    return { source: 'parent', cgroupPath }
  }
}

interface Identified {
  now?: ProcStat | undefined
  /** On cgroup v1 none where it has left its own, ending. */
  cgroupNow?: string | undefined
  known?: KnownProcess | undefined
}

function placeOf({ cgroupNow, known }: Identified): VictimPlace | undefined {
  if (cgroupNow !== undefined) return { source: 'proc', cgroupPath: cgroupNow }
  if (known?.cgroupPath === undefined) return undefined
  // A container's process starts in the runtime's cgroup and is moved: the other way there is none.
  const isThere = known.isCgroupSettled || parseCgroupPath(known.cgroupPath).containerId !== undefined
  return isThere ? { source: 'cache', cgroupPath: known.cgroupPath } : undefined
}

function placeByCounts(line: CountedLine): VictimPlace | undefined {
  return line.cgroupPath === undefined ? undefined : { source: 'counter', cgroupPath: line.cgroupPath }
}

/** Kills are on their way whose lines may tell which of the counts are this one's. */
function searchByCounts(line: CountedLine, counters: Pick<KillCounters, 'look'>): PlaceSearch {
  return {
    get place() {
      return placeByCounts(line)
    },
    get isOver() {
      return line.isOver
    },
    look: () => counters.look(),
  }
}

/** Inside the group or out of it: a path whose beginning is hidden cannot be held against the kernel's. */
function isTellable({ cgroupPath }: VictimPlace, group: VictimPlace): boolean {
  return isIn(cgroupPath, group.cgroupPath) || !isAncestorHidden(cgroupPath)
}

/** What is remembered must not keep the whole of the kernel's text that it was cut from. */
function ownCopy(text: string): string {
  return Buffer.from(text).toString()
}
