import { setImmediate } from 'node:timers/promises'
import { scanLiveTasks, type ProcFiles } from '../agent/rank/scan.ts'
import type { FlagValues } from '#program/flags.ts'
import type { rankFlags } from './rankFlags.ts'
import { formatRankTable, type ShownTask } from './rankTable.ts'

export interface RankPorts {
  openProc(root: string): ProcFiles
}

/** @returns what `oomkeeper rank` prints. @throws ProgramError ProcUnreadable */
export async function rank(flags: FlagValues<typeof rankFlags>, ports: RankPorts): Promise<string> {
  const { processCount, tasks } = await scanLiveTasks(ports.openProc(flags.proc ?? '/proc'), flags.top, setImmediate)
  const candidates = tasks.map(({ oomScore, oomScoreAdj, rssKib, pid, command, podUid, containerId }): ShownTask => ({
    oomScore,
    oomScoreAdj,
    rssKib,
    pid,
    command,
    podUid,
    containerId,
  }))
  if (flags.output === 'table') return formatRankTable(candidates)
  return JSON.stringify({ version: 1, processCount, candidates }, undefined, 2)
}
