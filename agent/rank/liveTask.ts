import { parseCgroupPath } from '../cgroup/path.ts'
import type { ProcStat } from '../proc/stat.ts'
import { weighByPoints, type Machine, type Weight } from './weight.ts'

/** A process that the killer may take, as /proc has it now. */
export interface LiveTask extends Weight {
  /** Chosen by the process itself: never to be trusted. */
  command: string
  startTicks: number
  /** Its memory cgroup, where it is not the root. */
  cgroupPath: string | undefined
  podUid: string | undefined
  containerId: string | undefined
}

export function describeLiveTask(weight: Weight, stat: ProcStat, cgroupPath: string | undefined): LiveTask {
  const { podUid, containerId } = cgroupPath === undefined ? {} : parseCgroupPath(cgroupPath)
  return { ...weight, command: stat.command, startTicks: stat.startTicks, cgroupPath, podUid, containerId }
}

/** A task with its points, in KiB; negative for one that oom_score_adj puts below an empty one. */
export interface RankedLiveTask extends LiveTask {
  badnessKib: number
}

/**
 * The likeliest victim of the whole machine first: by the kernel's own score, which is coarse (one step is a thousandth of
 * all memory or more), and within one score by the points it is made of.
 */
export function rankLiveTasks(tasks: readonly LiveTask[], machine: Machine): RankedLiveTask[] {
  return rankCgroupTasks(tasks, machine, machine.totalKib).sort((a, b) => b.oomScore - a.oomScore)
}

/**
 * The likeliest victim of a cgroup's limit first. The limit need not be told: oom_score_adj, a share of it, is then not
 * weighed (but for −1000). Within a container it is one for all, unless somebody set it by hand.
 * @param totalKib memory and swap that the limit allows
 */
export function rankCgroupTasks(
  tasks: readonly LiveTask[],
  machine: Machine,
  totalKib: number | undefined,
): RankedLiveTask[] {
  // Of equals the kernel's choice goes by age.
  const byAge = tasks.toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)
  return weighByPoints(byAge, machine, totalKib)
}
