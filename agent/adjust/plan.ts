import { MAX_DESIRED_SCORE, MIN_DESIRED_SCORE, type DesiredScore } from '#contract/desiredRule.ts'
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
}

const MAX_APPLIED = 100

/**
 * What to write so that each process has the score that it is to have, and every other one that was touched its own again.
 * A process is given back only while it has a score of ours: what somebody else wrote since is theirs.
 */
export function planAdjustments(judged: Judged, originals: Originals): AdjustmentPlan {
  const next: Record<string, ContainerOriginal> = { ...originals }
  const writes: ScoreWrite[] = []
  const releasing: string[] = []
  for (const [containerId, processes] of judged) {
    const before = originals[containerId]
    const isAdjusted = processes.some(({ score }) => score !== undefined)
    if (!isAdjusted && before === undefined) continue
    const kept = planContainer(processes, before, (process, oomScoreAdj, givesBack) =>
      writes.push({ containerId, process, oomScoreAdj, givesBack }),
    )
    if (isAdjusted) next[containerId] = kept
    else releasing.push(containerId)
  }
  return { originals: next, writes, releasing }
}

export function identityOf({ pid, startTicks }: ObservedProcess): string {
  return `${pid}/${startTicks}`
}

function planContainer(
  processes: readonly Pick<JudgedProcess, 'process' | 'score'>[],
  before: ContainerOriginal | undefined,
  write: (process: ObservedProcess, oomScoreAdj: number, givesBack: boolean) => void,
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
    if (score === undefined) {
      if (!isOurs || process.oomScoreAdj === base) continue
      if (own !== undefined) kept[identity] = own
      write(process, base, true)
    } else {
      if (own !== undefined || !isOurs || base !== original) kept[identity] = base
      const oomScoreAdj = scoreFrom(score, base)
      wanted.add(oomScoreAdj)
      if (process.oomScoreAdj !== oomScoreAdj) write(process, oomScoreAdj, false)
    }
  }
  const others = applied.filter((value) => !wanted.has(value))
  return { original, applied: [...others, ...wanted].slice(-MAX_APPLIED), processes: kept }
}

/** A sum that leaves what a policy may set ends there; one that began outside of it is not moved the other way. */
function scoreFrom(score: DesiredScore, base: number): number {
  if ('value' in score) return score.value
  const sum = base + score.delta
  return score.delta < 0
    ? Math.max(sum, Math.min(base, MIN_DESIRED_SCORE))
    : Math.min(sum, Math.max(base, MAX_DESIRED_SCORE))
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
