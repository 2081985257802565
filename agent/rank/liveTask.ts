import { rankByBadness } from '#kernel/badness/badness.ts'
import type { OomTask } from '#kernel/dump/oomDump.ts'
import { parseCgroupPath } from '../cgroup/path.ts'
import type { ProcStat } from '../proc/stat.ts'
import type { ProcStatus } from '../proc/status.ts'

/** A process that the killer may take, as /proc has it now. */
export interface LiveTask {
  pid: number
  /** Chosen by the process itself: never to be trusted. */
  command: string
  uid: number
  oomScore: number
  oomScoreAdj: number
  /** Unknown where the thread group's leader has exited and other threads go on. */
  rssKib: number | undefined
  /** What makes up rssKib; unknown before 4.5. */
  anonRssKib: number | undefined
  fileRssKib: number | undefined
  shmemRssKib: number | undefined
  swapKib: number | undefined
  vmSizeKib: number | undefined
  pgtablesKib: number | undefined
  startTicks: number
  /** Its memory cgroup, where it is not the root. */
  cgroupPath: string | undefined
  podUid: string | undefined
  containerId: string | undefined
}

/** What the files of one process say. */
export interface TaskFiles {
  oomScore: number
  oomScoreAdj: number
  stat: ProcStat
  status: ProcStatus
  cgroupPath: string | undefined
}

/**
 * @returns undefined for what the killer never takes: a kernel thread and a zombie (no memory), the machine's init, a
 *   process at −1000.
 */
export function describeLiveTask(pid: number, files: TaskFiles): LiveTask | undefined {
  const { oomScore, oomScoreAdj, stat, status, cgroupPath } = files
  const { memory } = status
  // The score is the kernel's word: pid 1 with one is a container's init, seen from inside, and the killer may take it.
  if (oomScore === 0 && (oomScoreAdj === -1000 || pid === 1 || memory === undefined)) return undefined
  const { podUid, containerId } = cgroupPath === undefined ? {} : parseCgroupPath(cgroupPath)
  return {
    pid,
    command: stat.command,
    uid: status.uid,
    oomScore,
    oomScoreAdj,
    rssKib: memory?.rssKib,
    anonRssKib: memory?.anonRssKib,
    fileRssKib: memory?.fileRssKib,
    shmemRssKib: memory?.shmemRssKib,
    swapKib: memory?.swapKib,
    vmSizeKib: memory?.vmSizeKib,
    pgtablesKib: memory?.pgtablesKib,
    startTicks: stat.startTicks,
    cgroupPath,
    podUid,
    containerId,
  }
}

export interface Machine {
  kernelRelease: string | undefined
  pageSizeKib: number
  /** RAM and swap. */
  totalKib: number | undefined
  swapTotalKib: number
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
  return rankByPoints(tasks, machine).sort((a, b) => b.oomScore - a.oomScore)
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
  return rankByPoints(tasks, { ...machine, totalKib })
}

/** Of equals the kernel's choice goes by age. */
function rankByPoints(tasks: readonly LiveTask[], machine: Machine): RankedLiveTask[] {
  const { kernelRelease, pageSizeKib, totalKib } = machine
  const totalPages = totalKib === undefined ? undefined : Math.floor(totalKib / pageSizeKib)
  const byAge = tasks.toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)
  const taskByPid = new Map(byAge.map((task) => [task.pid, task]))
  const rows = byAge.map((task) => tableRow(task, pageSizeKib))
  return rankByBadness(rows, { totalPages, kernelRelease, pageSizeKib }).flatMap(({ pid, badnessPages }) => {
    const task = taskByPid.get(pid)
    return task === undefined ? [] : [{ ...task, badnessKib: badnessPages * pageSizeKib }]
  })
}

/** What the kernel's task table would say. */
function tableRow(task: LiveTask, pageSizeKib: number): OomTask {
  const pages = (kib: number | undefined) => Math.floor((kib ?? 0) / pageSizeKib)
  return {
    pid: task.pid,
    // Any but 1, which stands for the machine's init: that one is no live task.
    tgid: task.pid === 1 ? 0 : task.pid,
    uid: task.uid,
    totalVmPages: pages(task.vmSizeKib),
    rssPages: pages(task.rssKib),
    swapPages: pages(task.swapKib),
    pgtablesBytes: (task.pgtablesKib ?? 0) * 1024,
    oomScoreAdj: task.oomScoreAdj,
    command: task.command,
  }
}
