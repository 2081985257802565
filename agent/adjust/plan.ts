import type { ContainerOriginal, Originals } from './originals.ts'
import type { ContainerTarget } from './target.ts'

/** A process as it is now, with what tells it from a later one of the same pid. */
export interface ObservedProcess {
  pid: number
  /** Clock ticks since boot. */
  startTicks: number
  oomScoreAdj: number
}

/** By container id; a container without a cgroup is not in it. */
export type Observed = ReadonlyMap<string, readonly ObservedProcess[]>

export interface ScoreWrite {
  containerId: string
  process: ObservedProcess
  oomScoreAdj: number
}

export interface AdjustmentPlan {
  /** To be on disk before the first write. */
  originals: Originals
  writes: readonly ScoreWrite[]
  /** Containers that are given back: forgotten once all their writes are done. */
  releasing: readonly string[]
}

const MAX_APPLIED = 100

/**
 * What to write so that each target has its score and every other one that was touched has its own again.
 * A process is given back only while it has a score of ours: what somebody else wrote since is theirs.
 */
export function planAdjustments(
  targets: readonly ContainerTarget[],
  observed: Observed,
  originals: Originals,
): AdjustmentPlan {
  const next: Record<string, ContainerOriginal> = {}
  const writes: ScoreWrite[] = []
  const releasing: string[] = []
  const wanted = new Set(targets.map(({ containerId }) => containerId))

  for (const { containerId, oomScoreAdj } of targets) {
    const processes = observed.get(containerId) ?? []
    const before = originals[containerId]
    const kept = keepOriginals(processes, before, oomScoreAdj)
    if (kept !== undefined) next[containerId] = kept
    for (const process of processes) {
      if (process.oomScoreAdj !== oomScoreAdj) writes.push({ containerId, process, oomScoreAdj })
    }
  }
  for (const [containerId, kept] of Object.entries(originals)) {
    if (wanted.has(containerId)) continue
    next[containerId] = kept
    releasing.push(containerId)
    for (const process of observed.get(containerId) ?? []) {
      const oomScoreAdj = kept.processes[identityOf(process)] ?? kept.original
      if (process.oomScoreAdj === oomScoreAdj || !kept.applied.includes(process.oomScoreAdj)) continue
      writes.push({ containerId, process, oomScoreAdj })
    }
  }
  return { originals: next, writes, releasing }
}

export function identityOf({ pid, startTicks }: ObservedProcess): string {
  return `${pid}/${startTicks}`
}

function keepOriginals(
  processes: readonly ObservedProcess[],
  before: ContainerOriginal | undefined,
  oomScoreAdj: number,
): ContainerOriginal | undefined {
  const first = processes.toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)[0]
  if (first === undefined) return before
  const applied = before?.applied ?? []
  const kept = Object.entries(before?.processes ?? {})
  const known = new Map(kept)
  const alive = new Set(processes.map(identityOf))
  for (const process of processes) {
    const identity = identityOf(process)
    // Forked since by a process that we wrote: its score is ours, not its own.
    const inherited = applied.includes(process.oomScoreAdj)
    if (!known.has(identity) && !inherited) known.set(identity, process.oomScoreAdj)
  }
  return {
    original: before?.original ?? first.oomScoreAdj,
    applied: [...applied.filter((value) => value !== oomScoreAdj), oomScoreAdj].slice(-MAX_APPLIED),
    processes: Object.fromEntries([...known].filter(([identity]) => alive.has(identity))),
  }
}
