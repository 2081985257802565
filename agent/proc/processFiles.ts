import { parseMemoryCgroup } from '../cgroup/procCgroup.ts'
import { parsePageSizeKib } from './auxv.ts'
import { parseOomScore } from './oomScore.ts'
import { parseOomScoreAdj } from './oomScoreAdj.ts'
import { parseStat, type ProcStat } from './stat.ts'
import { parseStatus, type ProcStatus } from './status.ts'

/** The files of a proc file system, by their path below it. */
export interface ProcFiles {
  /** Every process's pid. */
  listPids(): number[]
  /** The threads of a process, its leader among them; none where it is gone. */
  listThreads(pid: number): number[]
  /**
   * What the kernel writes as one record, as the files below are.
   * @returns what is in it, until the next file is read; undefined when the file is gone, as it is when its process is
   */
  readRecord(path: string): Buffer | undefined
  /** @returns undefined when the file is gone. */
  readText(path: string): string | undefined
}

/*
 * One file of one process each, undefined when the process is gone. The cheapest first: on 6.18 the kernel takes twice
 * as long to write status as oom_score.
 */

export function readOomScore(files: ProcFiles, pid: number): number | undefined {
  return parseRecord(files, `${pid}/oom_score`, parseOomScore)
}

export function readOomScoreAdj(files: ProcFiles, pid: number): number | undefined {
  return parseRecord(files, `${pid}/oom_score_adj`, parseOomScoreAdj)
}

/** Undefined also for the root (parseMemoryCgroup), and on a kernel without cgroups. */
export function readMemoryCgroup(files: ProcFiles, pid: number): string | undefined {
  return parseRecord(files, `${pid}/cgroup`, parseMemoryCgroup)
}

export function readStat(files: ProcFiles, pid: number): ProcStat | undefined {
  return parseRecord(files, `${pid}/stat`, parseStat)
}

/** Also of a thread, which is not among the pids that are listed. */
export function readStatus(files: ProcFiles, pid: number): ProcStatus | undefined {
  return parseRecord(files, `${pid}/status`, parseStatus)
}

/** Of the machine. The 4 KiB of most, where it is not told. */
export function readPageSizeKib(files: ProcFiles): number {
  return parseRecord(files, 'self/auxv', parsePageSizeKib) ?? 4
}

/** The bytes of one file are parsed before the next is read: they are in the same buffer. */
function parseRecord<T>(files: ProcFiles, path: string, parse: (bytes: Buffer) => T | undefined): T | undefined {
  const bytes = files.readRecord(path)
  return bytes === undefined ? undefined : parse(bytes)
}
