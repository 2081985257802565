import type { RankedTaskRow, RankScope } from '#contract/rank.ts'
import { hasHierarchy } from '../../agent/cgroup/memoryFiles.ts'
import { parseCommandLine } from '../../agent/proc/commandLine.ts'
import { describeRanking } from '../../agent/rank/describeRanking.ts'
import { scanScope, type ScannedNode } from '../../agent/rank/scan.ts'
import { findUnseen } from './unseen.ts'
import type { ShownRanking, ShownTask } from './shownRanking.ts'

export interface LocalMachine extends ScannedNode {
  mountPoint: string
  /** User names, where they are this machine's. */
  owners: ReadonlyMap<number, string>
  now: () => Date
}

export interface RankQuestion {
  scope: RankScope
  top: number
  commandLine: boolean
}

/** The likeliest victims of the machine that this runs on. @throws ProgramError */
export async function readLocalRanking(machine: LocalMachine, question: RankQuestion): Promise<ShownRanking> {
  const scannedAt = machine.now().toISOString()
  const { scope, top } = question
  const { tasks, ...facts } = describeRanking(await scanScope(machine, scope, top))
  const hasLimits = hasHierarchy(machine.cgroups)
  return {
    scannedAt,
    scope,
    ...facts,
    candidates: tasks.map((task) => describeTask(machine, task, question)),
    unseen: findUnseen(machine.files, machine.mountPoint, hasLimits),
  }
}

function describeTask(machine: LocalMachine, task: RankedTaskRow, { commandLine }: RankQuestion): ShownTask {
  const text = commandLine ? machine.files.readText(`${task.pid}/cmdline`) : undefined
  return {
    ...task,
    // A container has users of its own.
    owner: task.uid === undefined || task.containerId !== undefined ? undefined : machine.owners.get(task.uid),
    commandLine: text === undefined ? undefined : parseCommandLine(text),
  }
}
