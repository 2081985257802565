import { MAX_CANDIDATES } from '#contract/killEvent.ts'
import { readStatus, type ProcFiles } from '../proc/processFiles.ts'
import { rankCgroupTasks, rankLiveTasks, type LiveTask } from './liveTask.ts'
import { isIn, ProcessSnapshot } from './processSnapshot.ts'
import { readTask } from './readTask.ts'
import type { LiveRanking } from './scan.ts'

/** A kill of which the kernel printed one line, without the table of tasks that were in line. */
export interface DumplessKill {
  victimPid: number
  /** Milliseconds since the epoch. */
  killedAtMs: number
  /** Who was in line: the processes in this cgroup and below, or all of the node. */
  cgroupPath: string | undefined
}

/** @returns undefined when nobody can say. */
export type RankDomain = (kill: DumplessKill) => LiveRanking | undefined

/** In a storm of kills the processes are listed so often at most: a whole node takes 70 ms for a thousand of them. */
const FRESH_MS = 1_000

/**
 * Who else is in line, by /proc right after a kill. Without a turn for others in between: kills are told at once and in
 * order. Who is there may be a second old; the figures of those that are told are read for each kill, so that the dead of
 * that second are not told as living.
 */
export class DomainRanking {
  readonly #files: ProcFiles
  readonly #now: () => number
  readonly #startedAtMs: number
  #last: ProcessSnapshot | undefined

  /** @param now milliseconds since the epoch */
  constructor(files: ProcFiles, now: () => number) {
    this.#files = files
    this.#now = now
    this.#startedAtMs = now()
  }

  /**
   * The best MAX_CANDIDATES without the victim, which is dying: what /proc has of it is no longer what the kernel weighed.
   * @returns undefined also for a kill from before this object was made, read late: who was there then?
   */
  rank({ victimPid, killedAtMs, cgroupPath }: DumplessKill): LiveRanking | undefined {
    if (killedAtMs < this.#startedAtMs) return undefined
    const snapshot = this.#snapshot()
    if (snapshot === undefined) return undefined
    const tgid = readStatus(this.#files, victimPid)?.tgid ?? victimPid
    const inLine = snapshot.tasksIn(cgroupPath).filter(({ pid }) => pid !== tgid)
    const rank = (tasks: readonly LiveTask[]) =>
      cgroupPath === undefined
        ? rankLiveTasks(tasks, snapshot.machine)
        : rankCgroupTasks(tasks, snapshot.machine, undefined)
    const alive: LiveTask[] = []
    for (const task of rank(inLine)) {
      const now = this.#readAgain(task)
      if (now !== undefined && (cgroupPath === undefined || isIn(now.cgroupPath, cgroupPath))) alive.push(now)
      if (alive.length === MAX_CANDIDATES) break
    }
    return { processCount: inLine.length, tasks: rank(alive) }
  }

  /** Undefined where it is gone, and where it tells no memory: the leader of a process whose other threads go on. */
  #readAgain({ pid, startTicks }: LiveTask): LiveTask | undefined {
    const task = readTask(this.#files, pid)
    return task?.startTicks === startTicks && task.rssKib !== undefined ? task : undefined
  }

  #snapshot(): ProcessSnapshot | undefined {
    const nowMs = this.#now()
    const ageMs = nowMs - (this.#last?.takenAtMs ?? Number.NEGATIVE_INFINITY)
    // A clock that was set back must not keep it for ever.
    if (ageMs >= 0 && ageMs < FRESH_MS) return this.#last
    try {
      this.#last = new ProcessSnapshot(this.#files, nowMs)
      return this.#last
    } catch {
      // No descriptor or memory left for a listing: the kill is told without it.
      return undefined
    }
  }
}
