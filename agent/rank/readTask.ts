import { parseTotalMemoryKib } from '../proc/meminfo.ts'
import { parseOomScore } from '../proc/oomScore.ts'
import { describeLiveTask, type LiveTask, type Machine } from './liveTask.ts'

/** The files of a proc file system, by their path below it. */
export interface ProcFiles {
  /** Every process's pid. */
  listPids(): number[]
  /** @returns undefined when the file is gone, as it is when its process is. */
  readText(path: string): string | undefined
}

export function readMachine(files: ProcFiles): Machine {
  return {
    kernelRelease: files.readText('sys/kernel/osrelease')?.trim(),
    totalKib: parseTotalMemoryKib(files.readText('meminfo') ?? ''),
  }
}

/** @returns undefined when the process is gone. */
export function readOomScore(files: ProcFiles, pid: number): number | undefined {
  const text = files.readText(`${pid}/oom_score`)
  return text === undefined ? undefined : parseOomScore(text)
}

/** @returns undefined when the killer never takes it (describeLiveTask), or it is gone. */
export function readLiveTask(files: ProcFiles, pid: number, oomScore: number): LiveTask | undefined {
  const stat = files.readText(`${pid}/stat`)
  const status = files.readText(`${pid}/status`)
  const oomScoreAdj = files.readText(`${pid}/oom_score_adj`)
  const cgroup = files.readText(`${pid}/cgroup`)
  if (stat === undefined || status === undefined || oomScoreAdj === undefined) return undefined
  // A kernel without cgroups has no such file.
  return describeLiveTask(pid, oomScore, { stat, status, oomScoreAdj, cgroup: cgroup ?? '' })
}

/** The same, with its score as it is now. */
export function readTask(files: ProcFiles, pid: number): LiveTask | undefined {
  const oomScore = readOomScore(files, pid)
  return oomScore === undefined ? undefined : readLiveTask(files, pid, oomScore)
}
