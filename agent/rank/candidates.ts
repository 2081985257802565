import { MAX_CANDIDATES, type KillCandidate } from '#contract/killEvent.ts'
import { rankByBadness, totalPages, type RankedTask } from '#kernel/badness/badness.ts'
import type { OomDump } from '#kernel/dump/oomDump.ts'
import { parseCgroupPath } from '../cgroup/path.ts'
import type { RankedLiveTask } from './liveTask.ts'

/** What /proc says now of a process that the dump names. */
export interface LiveProcess {
  oomScore: number
  /** Its memory cgroup, where it can be told. */
  cgroupPath: string | undefined
}

/** Reads a process as it is now; undefined when it is gone or its pid belongs to another command. */
export type ReadLiveProcess = (pid: number, command: string) => LiveProcess | undefined

/** The dump's tasks in the kernel's own order of choice, the likeliest victim first, with what is left of them now. */
export function rankCandidates(dump: OomDump, readLive: ReadLiveProcess): KillCandidate[] {
  const ranked = rankByBadness(dump.tasks, {
    totalPages: totalPages(dump),
    kernelRelease: dump.kernelRelease,
    pageSizeKib: dump.pageSizeKib,
  })
  return ranked.slice(0, MAX_CANDIDATES).map((task) => describeCandidate(task, readLive(task.pid, task.command)))
}

function describeCandidate(task: RankedTask, live: LiveProcess | undefined): KillCandidate {
  const { podUid, containerId } = live?.cgroupPath === undefined ? {} : parseCgroupPath(live.cgroupPath)
  return {
    pid: task.pid,
    command: task.command,
    uid: task.uid,
    totalVmPages: task.totalVmPages,
    rssPages: task.rssPages,
    swapPages: task.swapPages,
    pgtablesBytes: task.pgtablesBytes,
    oomScoreAdj: task.oomScoreAdj,
    badnessPages: task.badnessPages,
    // A process of the dump had memory: at 0 it has let go of it and is ending, which is no score.
    liveOomScore: live?.oomScore === 0 && task.oomScoreAdj !== -1000 ? undefined : live?.oomScore,
    podUid,
    containerId,
  }
}

/** A row as the dump would have it, in pages of the node. @param task with its memory: rssKib is known */
export function describeLiveCandidate(task: RankedLiveTask, pageSizeKib: number): KillCandidate {
  const pages = (kib: number) => Math.floor(kib / pageSizeKib)
  return {
    pid: task.pid,
    command: task.command.slice(0, 64),
    uid: task.uid,
    totalVmPages: pages(task.vmSizeKib ?? 0),
    rssPages: pages(task.rssKib ?? 0),
    swapPages: task.swapKib === undefined ? undefined : pages(task.swapKib),
    pgtablesBytes: task.pgtablesKib === undefined ? undefined : task.pgtablesKib * 1024,
    oomScoreAdj: task.oomScoreAdj,
    badnessPages: pages(task.badnessKib),
    liveOomScore: task.oomScore,
    podUid: task.podUid,
    containerId: task.containerId,
  }
}
