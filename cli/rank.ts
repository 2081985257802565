import { setImmediate } from 'node:timers/promises'
import type { LiveTask } from '../agent/rank/liveTask.ts'
import type { ProcFiles } from '../agent/proc/processFiles.ts'
import { scanLiveTasks } from '../agent/rank/scan.ts'
import type { NodeRanking } from '../operator/api/nodeRanking.ts'
import type { FlagValues } from '#program/flags.ts'
import type { rankFlags } from './rankFlags.ts'
import { formatRankTable, type ShownTask } from './rankTable.ts'

export interface RankPorts {
  openProc(root: string): ProcFiles
  readNode(node: string, top: number, operatorUrl: string | undefined, namespace: string): Promise<NodeRanking>
}

type RankFlags = FlagValues<typeof rankFlags>

/** @returns what `oomkeeper rank` prints. @throws ProgramError */
export async function rank(flags: RankFlags, ports: RankPorts): Promise<string> {
  const { candidates, ...about } = await readRanking(flags, ports)
  if (flags.output === 'json') return JSON.stringify({ version: 1, ...about, candidates }, undefined, 2)
  return formatRankTable(candidates)
}

async function readRanking(flags: RankFlags, ports: RankPorts): Promise<{ candidates: readonly ShownTask[] }> {
  if (flags.node !== undefined) return ports.readNode(flags.node, flags.top, flags.operator, flags.namespace)
  const { processCount, tasks } = await scanLiveTasks(ports.openProc(flags.proc ?? '/proc'), flags.top, setImmediate)
  return describeLocal(processCount, tasks)
}

function describeLocal(processCount: number, tasks: readonly LiveTask[]) {
  return { processCount, candidates: tasks.map(describeTask) }
}

function describeTask({ oomScore, oomScoreAdj, rssKib, pid, command, podUid, containerId }: LiveTask): ShownTask {
  return { oomScore, oomScoreAdj, rssKib, pid, command, podUid, containerId }
}
