import { parseMeminfo } from '../proc/meminfo.ts'
import { readMemoryCgroup, readOomScore, readPageSizeKib, readStat, type ProcFiles } from '../proc/processFiles.ts'
import { describeLiveTask, type LiveTask } from './liveTask.ts'
import { readWeight, type Machine, type Weight } from './weight.ts'

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

/** @returns undefined when the killer never takes it (readWeight), or it is gone. */
export function readLiveTask(files: ProcFiles, pid: number, oomScore: number): LiveTask | undefined {
  const weight = readWeight(files, pid, oomScore)
  return weight === undefined ? undefined : readRest(files, weight)
}

/** Who it is, of a process that is weighed already. @returns undefined when it is gone */
export function readRest(files: ProcFiles, weight: Weight): LiveTask | undefined {
  const stat = readStat(files, weight.pid)
  return stat === undefined ? undefined : describeLiveTask(weight, stat, readMemoryCgroup(files, weight.pid))
}

/** The same, with its score as it is now. */
export function readTask(files: ProcFiles, pid: number): LiveTask | undefined {
  const oomScore = readOomScore(files, pid)
  return oomScore === undefined ? undefined : readLiveTask(files, pid, oomScore)
}
