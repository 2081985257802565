import type { DesiredScore } from '#contract/desiredRule.ts'
import { scoreFrom } from '#contract/scoreFrom.ts'
import type { StatusReason } from '#contract/nodeStatus.ts'
import { firstOf, type JudgedProcess } from './judge.ts'
import type { ContainerOriginal, Originals } from './originals.ts'

/** A process as it is now, with what tells it from a later one of the same pid. */
export interface ObservedProcess {
  pid: number
  /** Clock ticks since boot. */
  startTicks: number
  oomScoreAdj: number
  /** As the kernel has it; chosen by the process. */
  command: string
}

/** By container id; a container without a cgroup is not in it. */
export type Judged = ReadonlyMap<string, readonly Pick<JudgedProcess, 'process' | 'score'>[]>

export interface ScoreWrite {
  containerId: string
  process: ObservedProcess
  oomScoreAdj: number
  /** It is its own again. */
  givesBack: boolean
}

export interface AdjustmentPlan {
  /** To be on disk before the first write. */
  originals: Originals
  writes: readonly ScoreWrite[]
  /** Containers of which no process is adjusted any more: forgotten once all their writes are done. */
  releasing: readonly string[]
  /** Of each process of the containers that were planned. */
  planned: ReadonlyMap<ObservedProcess, PlannedProcess>
}

export interface PlannedProcess {
  /** What it had of its own. */
  own: number
  /** Why it does not get the score that it was to have: it has its own. */
  refused?: StatusReason
}

/** A score that is not there yet. */
export interface PlannedScore {
  containerId: string
  process: ObservedProcess
  score: DesiredScore
  oomScoreAdj: number
  own: number
}

/** @returns why it must not be written. */
export type Refuse = (planned: PlannedScore) => StatusReason | undefined

const MAX_APPLIED = 100

/**
 * What to write so that each process has the score that it is to have, and every other one that was touched its own again.
 * A process is given back only while it has a score of ours: what somebody else wrote since is theirs.
 */
export function planAdjustments(
  judged: Judged,
  originals: Originals,
  refuse: Refuse = () => undefined,
): AdjustmentPlan {
  const next: Record<string, ContainerOriginal> = { ...originals }
  const writes: ScoreWrite[] = []
  const releasing: string[] = []
  const planned = new Map<ObservedProcess, PlannedProcess>()
  for (const [containerId, processes] of judged) {
    const before = originals[containerId]
    if (before === undefined && processes.every(({ score }) => score === undefined)) continue
    const kept = planContainer(processes, before, {
      refuse: (process, score, oomScoreAdj, own) => refuse({ containerId, process, score, oomScoreAdj, own }),
      write: (process, oomScoreAdj, givesBack) => writes.push({ containerId, process, oomScoreAdj, givesBack }),
      planned,
    })
    if (processes.some(({ process, score }) => score !== undefined && planned.get(process)?.refused === undefined))
      next[containerId] = kept
    else if (before !== undefined) releasing.push(containerId)
  }
  return { originals: next, writes, releasing, planned }
}

export function identityOf({ pid, startTicks }: ObservedProcess): string {
  return `${pid}/${startTicks}`
}

function planContainer(
  processes: readonly Pick<JudgedProcess, 'process' | 'score'>[],
  before: ContainerOriginal | undefined,
  {
    refuse,
    write,
    planned,
  }: {
    refuse: (
      ...score: [process: ObservedProcess, DesiredScore, oomScoreAdj: number, own: number]
    ) => StatusReason | undefined
    write: (process: ObservedProcess, oomScoreAdj: number, givesBack: boolean) => void
    planned: Map<ObservedProcess, PlannedProcess>
  },
): ContainerOriginal {
  const { applied = [], processes: known = {} } = before ?? {}
  const original = before?.original ?? firstOf(processes.map(({ process }) => process))?.oomScoreAdj ?? 0
  const shared = ownByScore(processes, known)
  const kept: Record<string, number> = {}
  const wanted = new Set<number>()
  for (const { process, score } of processes) {
    const identity = identityOf(process)
    const own = known[identity]
    const isOurs = applied.includes(process.oomScoreAdj)
    // Without one of its own it was forked since by a process that we wrote: its score is ours, and its own would be that
    // one's; where several have that score and differ, the first process's.
    const base = own ?? (isOurs ? (shared.get(process.oomScoreAdj) ?? original) : process.oomScoreAdj)
    const oomScoreAdj = score === undefined ? base : scoreFrom(score, base)
    const isNew = score !== undefined && process.oomScoreAdj !== oomScoreAdj
    const refused = isNew ? refuse(process, score, oomScoreAdj, base) : undefined
    planned.set(process, { own: base, ...(refused !== undefined && { refused }) })
    if (score === undefined || refused !== undefined) {
      if (!isOurs || process.oomScoreAdj === base) continue
      if (own !== undefined) kept[identity] = own
      write(process, base, true)
    } else {
      if (own !== undefined || !isOurs || base !== original) kept[identity] = base
      wanted.add(oomScoreAdj)
      if (isNew) write(process, oomScoreAdj, false)
    }
  }
  const others = applied.filter((value) => !wanted.has(value))
  return { original, applied: [...others, ...wanted].slice(-MAX_APPLIED), processes: kept }
}

/** What the processes of a score had of their own, where it is the same for all of them. */
function ownByScore(
  processes: readonly Pick<JudgedProcess, 'process'>[],
  known: ContainerOriginal['processes'],
): Map<number, number | undefined> {
  const owns = new Map<number, number | undefined>()
  for (const { process } of processes) {
    const own = known[identityOf(process)]
    if (own === undefined) continue
    const { oomScoreAdj } = process
    owns.set(oomScoreAdj, owns.has(oomScoreAdj) && owns.get(oomScoreAdj) !== own ? undefined : own)
  }
  return owns
}
