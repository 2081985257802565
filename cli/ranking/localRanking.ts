import type { RankedTaskRow, RankScope } from '#contract/rank.ts'
import { parseContainerName } from '../../agent/cgroup/containerName.ts'
import { hasHierarchy } from '../../agent/cgroup/memoryFiles.ts'
import { parseCommandLine } from '../../agent/proc/commandLine.ts'
import { describeRanking } from '../../agent/rank/describeRanking.ts'
import { scanScope, type ScannedNode } from '../../agent/rank/scan.ts'
import type { PodName } from './podNames.ts'
import { findUnseen } from './unseen.ts'
import type { ShownRanking, ShownTask } from './shownRanking.ts'

export interface LocalMachine extends ScannedNode {
  mountPoint: string
  /** User names, where they are this machine's. */
  owners: ReadonlyMap<number, string>
  /** By UID, where they are this machine's. */
  readPodNames: () => ReadonlyMap<string, PodName>
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
  const podNames = tasks.some(({ podUid }) => podUid !== undefined) ? machine.readPodNames() : NO_NAMES
  return {
    scannedAt,
    scope,
    ...facts,
    candidates: tasks.map((task) => ({
      ...describeTask(machine, task, question),
      ...describePod(machine, task, podNames),
    })),
    unseen: findUnseen(machine.files, machine.mountPoint, hasHierarchy(machine.cgroups)),
  }
}

const NO_NAMES: ReadonlyMap<string, PodName> = new Map()

/** What a node knows of its pods without asking the cluster. */
function describePod({ files }: LocalMachine, { pid, podUid }: RankedTaskRow, names: ReadonlyMap<string, PodName>) {
  if (podUid === undefined) return {}
  const containerName = parseContainerName(files.readText(`${pid}/mountinfo`) ?? '', podUid)
  return { ...names.get(podUid), containerName }
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
