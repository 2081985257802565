import { readOomScoreAdj, readStat, readStatus, type ProcFiles } from '../proc/processFiles.ts'

/** Processes that the killer never takes, by why. Source: mm/oom_kill.c, oom_unkillable_task and oom_badness. */
export interface NeverChosen {
  /** The machine's own, not a container's. */
  init: boolean
  kernelThreadCount: number
  /** At −1000. */
  protectedCount: number
  /** What some of those are called: never to be trusted. */
  protectedCommands: string[]
  /** Zombies, and what is just ending. */
  withoutMemoryCount: number
}

const MAX_COMMANDS = 8

export function noneNeverChosen(): NeverChosen {
  return {
    init: false,
    kernelThreadCount: 0,
    protectedCount: 0,
    protectedCommands: [],
    withoutMemoryCount: 0,
  }
}

/**
 * Looks at a process whose score is 0 and counts it where it is never chosen.
 * @returns whether it may be chosen all the same: its score is rounded down
 */
export function mayBeChosen(files: ProcFiles, pid: number, never: NeverChosen): boolean {
  const stat = readStat(files, pid)
  const oomScoreAdj = readOomScoreAdj(files, pid)
  // Gone.
  if (stat === undefined || oomScoreAdj === undefined) return false
  if (stat.isKernelThread) never.kernelThreadCount++
  else if (pid === 1) never.init = true
  else if (oomScoreAdj === -1000) {
    never.protectedCount++
    const { protectedCommands: commands } = never
    if (commands.length < MAX_COMMANDS && !commands.includes(stat.command)) commands.push(stat.command)
  } else if (readStatus(files, pid)?.memory === undefined) never.withoutMemoryCount++
  else return true
  return false
}
