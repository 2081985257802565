import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import type { ProcFiles } from '#program/adapters/procFiles.ts'
import { messageOf } from '#program/errors.ts'
import type { ObservedProcess } from '../adjust/plan.ts'
import type { WriteOutcome } from '../adjust/writeOutcome.ts'
import { parseCgroupPath } from '../cgroup/path.ts'
import { readMemoryCgroup, readStat } from '../proc/processFiles.ts'

/**
 * Writes a score without a race over the pid: the file is opened first, then the process is looked at, then the
 * held descriptor is written, which fails with ESRCH when the process that was opened has ended.
 * @param proc where the same files are
 */
export function writeScore(
  proc: string,
  files: ProcFiles,
  containerId: string,
  { pid, startTicks }: ObservedProcess,
  oomScoreAdj: number,
): WriteOutcome {
  let descriptor: number
  try {
    descriptor = openSync(`${proc}/${pid}/oom_score_adj`, 'r+')
  } catch (error) {
    const isOthers = (error as NodeJS.ErrnoException).code === 'EACCES'
    return isOthers ? { kind: 'failed', message: OTHERS_SCORE } : outcomeOf(error, 'oom_score_adj')
  }
  try {
    const isThere = isIn(files, pid, containerId)
    if (!isThere || readStat(files, pid)?.startTicks !== startTicks) return { kind: 'gone' }
    writeSync(descriptor, String(oomScoreAdj), 0)
    const buffer = Buffer.alloc(16)
    const read = Number(buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, 16, 0)))
    if (read === oomScoreAdj) return { kind: 'written' }
    return { kind: 'failed', message: `expected to read ${oomScoreAdj} back, got ${read}` }
  } catch (error) {
    return outcomeOf(error, 'oom_score_adj')
  } finally {
    closeSync(descriptor)
  }
}

/** The file is its process's user's (fs/proc/base.c, proc_pid_make_inode). */
const OTHERS_SCORE =
  'expected to open oom_score_adj of another user’s process for writing, got EACCES: give the agent CAP_DAC_OVERRIDE'

export function outcomeOf(error: unknown, file: string): WriteOutcome {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ESRCH' || code === 'ENOENT') return { kind: 'gone' }
  if (code === 'EACCES') return { kind: 'refused' }
  // Without the path: the same for every process.
  return { kind: 'failed', message: `expected to write ${file}, got ${code ?? messageOf(error)}` }
}

/** Whether it is in that container, by the kernel's word. */
function isIn(files: ProcFiles, pid: number, containerId: string): boolean {
  const cgroup = readMemoryCgroup(files, pid)
  return cgroup !== undefined && parseCgroupPath(cgroup).containerId === containerId
}
