import { MAX_FORESEEN, type ForeseenCandidate, type Foresight, type MissReason } from '#contract/killContext.ts'
import { rankByBadness, type RankedTask } from '#kernel/badness/badness.ts'
import { oomScoreOf } from '#kernel/badness/oomScore.ts'
import type { OomDump, OomTask } from '#kernel/dump/oomDump.ts'
import type { OomVictim } from '#kernel/event/oomEvent.ts'
import { parseCgroupPath } from '../cgroup/path.ts'
import type { KnownProcess } from '../processes/knownProcess.ts'
import type { Machine } from '../rank/weight.ts'

/** What was known when the kernel chose, and what it says of its choice. */
export interface Choice {
  victim: OomVictim
  killedAtMs: number
  /** The victim, where a scan has seen it. */
  known: KnownProcess | undefined
  /** Whose limit it is; undefined: the whole node. */
  cgroupPath: string | undefined
  /** All of the domain, as of the last scan. */
  inLine: readonly KnownProcess[]
  /** What oom_score_adj is a share of there; undefined where it is not told, and then it is not weighed. */
  totalKib: number | undefined
  machine: Machine
  dump: OomDump | undefined
  /** vm.oom_kill_allocating_task. */
  takesAllocatingTask: boolean
  /** Whether a process is still there. */
  isAlive: (process: KnownProcess) => boolean
}

/** Who would have been chosen by the figures of the last scan, against who was. */
export function resolveForesight(choice: Choice): Foresight {
  const { inLine, known, victim, killedAtMs, cgroupPath, machine } = choice
  const ranked = rankKnown(choice)
  const foreseen = ranked[0]
  if (foreseen === undefined) {
    return { cgroupPath, ageMs: 0, processCount: 0, candidates: [], outcome: 'miss', missReason: 'unseen' }
  }
  const victimPid = known?.pid ?? victim.pid
  const victimAt = ranked.findIndex(({ pid }) => pid === victimPid)
  const outcome = victimAt === 0 ? 'hit' : 'miss'
  const byPid = new Map(inLine.map((process) => [process.pid, process]))
  const seenAtMs = (known ?? byPid.get(foreseen.pid))?.seenAtMs ?? killedAtMs
  return {
    cgroupPath,
    ageMs: Math.max(0, Math.round(killedAtMs - seenAtMs)),
    processCount: inLine.length,
    candidates: ranked.slice(0, MAX_FORESEEN).flatMap((task) => {
      const process = byPid.get(task.pid)
      return process === undefined ? [] : [describeForeseen(process, task, machine)]
    }),
    victimRank: victimAt < 0 ? undefined : victimAt + 1,
    outcome,
    missReason: outcome === 'hit' ? undefined : findReason(choice, foreseen, ranked[victimAt]),
  }
}

/** In the kernel's order: of equals it goes by age. */
function rankKnown({ inLine, totalKib, machine: { kernelRelease, pageSizeKib } }: Choice): RankedTask[] {
  const totalPages = totalKib === undefined ? undefined : Math.floor(totalKib / pageSizeKib)
  const rows = inLine
    .filter(({ rssPages, memory }) => rssPages > 0 || memory !== undefined)
    .toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)
    .map((process) => tableRow(process, pageSizeKib))
  return rankByBadness(rows, { totalPages, kernelRelease, pageSizeKib })
}

/** What the kernel's task table would have said. */
function tableRow({ pid, uid, command, rssPages, oomScoreAdj, memory }: KnownProcess, pageSizeKib: number): OomTask {
  return {
    pid,
    tgid: pid,
    uid,
    totalVmPages: 0,
    rssPages,
    swapPages: Math.floor((memory?.swapKib ?? 0) / pageSizeKib),
    pgtablesBytes: (memory?.pgtablesKib ?? 0) * 1024,
    oomScoreAdj,
    command,
  }
}

function describeForeseen(process: KnownProcess, task: RankedTask, machine: Machine): ForeseenCandidate {
  const { pageSizeKib, totalKib, kernelRelease } = machine
  const { memory, cgroupPath, oomScoreAdj, rssPages } = process
  const { podUid, containerId } = cgroupPath === undefined ? {} : parseCgroupPath(cgroupPath)
  const rssKib = rssPages * pageSizeKib
  const ownKib = rssKib + (memory?.swapKib ?? 0) + (memory?.pgtablesKib ?? 0)
  return {
    pid: process.pid,
    command: process.command.slice(0, 64),
    podUid,
    containerId,
    rssKib,
    anonRssKib: memory?.anonRssKib,
    fileRssKib: memory?.fileRssKib,
    shmemRssKib: memory?.shmemRssKib,
    swapKib: memory?.swapKib,
    pgtablesKib: memory?.pgtablesKib,
    oomScoreAdj,
    oomScore:
      totalKib === undefined
        ? undefined
        : oomScoreOf(ownKib + oomScoreAdj * Math.floor(totalKib / 1000), totalKib, kernelRelease),
    badnessKib: task.badnessPages * pageSizeKib,
  }
}

/** The first that applies. */
function findReason(choice: Choice, foreseen: RankedTask, victim: RankedTask | undefined): MissReason {
  const { known, dump, inLine, takesAllocatingTask, isAlive } = choice
  if (known === undefined) return 'unseen'
  if (victim === undefined) return known.oomScoreAdj === -1000 ? 'exempt' : 'moved'
  if (takesAllocatingTask) return 'allocatingTask'
  const rows = dump?.tasks ?? []
  const row = rowOf(dump, foreseen.pid)
  if (rows.length > 0 && row === undefined) return 'gone'
  if (row?.oomScoreAdj === -1000) return 'exempt'
  const points = victim.badnessPages + grownPages(choice, victim)
  if (points > foreseen.badnessPages) return 'grew'
  if (row !== undefined) {
    const left = foreseen.badnessPages + changeOf(foreseen, row, choice.machine.pageSizeKib)
    if (points !== left) return points > left ? 'shrank' : 'unknown'
    return 'equal'
  }
  const process = inLine.find(({ pid }) => pid === foreseen.pid)
  if (process !== undefined && !isAlive(process)) return 'gone'
  return points === foreseen.badnessPages ? 'equal' : 'untold'
}

function rowOf(dump: OomDump | undefined, pid: number): OomTask | undefined {
  return dump?.tasks.find((task) => task.pid === pid || task.tgid === pid)
}

/** What the victim had more at the kill, by the kernel's table or by its line. */
function grownPages({ victim, dump, machine: { pageSizeKib } }: Choice, before: RankedTask): number {
  const row = rowOf(dump, before.pid)
  if (row !== undefined) return changeOf(before, row, pageSizeKib)
  const { anonRssKib, fileRssKib = 0, shmemRssKib = 0 } = victim
  if (anonRssKib === undefined) return 0
  return Math.floor((anonRssKib + fileRssKib + shmemRssKib) / pageSizeKib) - before.rssPages
}

function changeOf(before: OomTask, now: OomTask, pageSizeKib: number): number {
  const pgtables = Math.floor(((now.pgtablesBytes ?? 0) - (before.pgtablesBytes ?? 0)) / (pageSizeKib * 1024))
  return now.rssPages - before.rssPages + ((now.swapPages ?? 0) - (before.swapPages ?? 0)) + pgtables
}
