import { parseMeminfo } from '../proc/meminfo.ts'
import {
  readMemoryCgroup,
  readOomScore,
  readOomScoreAdj,
  readPageSizeKib,
  readStat,
  readStatus,
  type ProcFiles,
} from '../proc/processFiles.ts'
import { describeLiveTask, type LiveTask, type Machine } from './liveTask.ts'

export function readMachine(files: ProcFiles): Machine {
  const { memTotalKib, swapTotalKib = 0 } = parseMeminfo(files.readText('meminfo') ?? '')
  return {
    kernelRelease: files.readText('sys/kernel/osrelease')?.trim(),
    pageSizeKib: readPageSizeKib(files),
    // fs/proc/base.c, proc_oom_score: totalram_pages() + total_swap_pages.
    totalKib: memTotalKib === undefined ? undefined : memTotalKib + swapTotalKib,
    swapTotalKib,
  }
}

/** @returns undefined when the killer never takes it (describeLiveTask), or it is gone. */
export function readLiveTask(files: ProcFiles, pid: number, oomScore: number): LiveTask | undefined {
  const oomScoreAdj = readOomScoreAdj(files, pid)
  const stat = readStat(files, pid)
  const status = readStatus(files, pid)
  if (oomScoreAdj === undefined || stat === undefined || status === undefined) return undefined
  return describeLiveTask(pid, { oomScore, oomScoreAdj, stat, status, cgroupPath: readMemoryCgroup(files, pid) })
}

/** The same, with its score as it is now. */
export function readTask(files: ProcFiles, pid: number): LiveTask | undefined {
  const oomScore = readOomScore(files, pid)
  return oomScore === undefined ? undefined : readLiveTask(files, pid, oomScore)
}
