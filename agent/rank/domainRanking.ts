import { MAX_CANDIDATES } from '#contract/killEvent.ts'
import type { CgroupTree } from '../cgroup/cgroupKills.ts'
import { readStatus, type ProcFiles } from '../proc/processFiles.ts'
import { rankCgroupTasks, rankLiveTasks, type LiveTask } from './liveTask.ts'
import type { Machine } from './weight.ts'
import { isIn } from '../cgroup/path.ts'
import { ProcessSnapshot } from './processSnapshot.ts'
import { readMachine, readTask } from './readTask.ts'
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
/** And no more of a core than this: ten thousand take most of a second, in which nothing else is done. */
const SHARE = 0.05

/**
 * Who else is in line, by /proc right after a kill. Without a turn for others in between: kills are told at once and in
 * order. Who is there may be a second old, on a large node some seconds; the figures of those that are told are read for
 * each kill, so that the dead of that time are not told as living.
 */
export class DomainRanking {
  readonly #files: ProcFiles
  readonly #now: () => number
  readonly #cgroups: CgroupTree | undefined
  readonly #startedAtMs: number
  #last: ProcessSnapshot | undefined
  /** What it took to read it so far. */
  #lastTookMs = 0
  /** Of cgroups, each looked at by itself; all forgotten together. */
  readonly #inCgroup = new Map<string, LiveTask[]>()
  #inCgroupSinceMs = Number.NEGATIVE_INFINITY
  #machine: Machine | undefined

  /**
   * @param now milliseconds on a clock that only goes forward, as those of the kill
   * @param cgroups whose lists of processes are believed where they are there: a container's take one file, those of the
   *   whole node one for each process
   */
  constructor(files: ProcFiles, now: () => number, cgroups?: CgroupTree) {
    this.#files = files
    this.#now = now
    this.#cgroups = cgroups
    this.#startedAtMs = now()
  }

  /**
   * The best MAX_CANDIDATES without the victim, which is dying: what /proc has of it is no longer what the kernel weighed.
   * @returns undefined also for a kill from before this object was made, read late: who was there then?
   */
  rank({ victimPid, killedAtMs, cgroupPath }: DumplessKill): LiveRanking | undefined {
    if (killedAtMs < this.#startedAtMs) return undefined
    const found = (cgroupPath === undefined ? undefined : this.#listed(cgroupPath)) ?? this.#scanned(cgroupPath)
    if (found === undefined) return undefined
    const tgid = readStatus(this.#files, victimPid)?.tgid ?? victimPid
    const inLine = found.tasks.filter(({ pid }) => pid !== tgid)
    const rank = (tasks: readonly LiveTask[]) =>
      cgroupPath === undefined ? rankLiveTasks(tasks, found.machine) : rankCgroupTasks(tasks, found.machine, undefined)
    const alive: LiveTask[] = []
    for (const task of rank(inLine)) {
      const now = this.#readAgain(task)
      if (now !== undefined && (cgroupPath === undefined || isIn(now.cgroupPath, cgroupPath))) alive.push(now)
      if (alive.length === MAX_CANDIDATES) break
    }
    return { processCount: inLine.length, tasks: rank(alive) }
  }

  /** By the lists of a cgroup and of those below. Undefined where there is none. */
  #listed(cgroupPath: string): Found | undefined {
    if (this.#cgroups === undefined) return undefined
    const nowMs = this.#now()
    if (!isFresh(this.#inCgroupSinceMs, nowMs)) {
      this.#inCgroup.clear()
      this.#inCgroupSinceMs = nowMs
      this.#machine = undefined
    }
    this.#machine ??= readMachine(this.#files)
    const known = this.#inCgroup.get(cgroupPath)
    if (known !== undefined) return { machine: this.#machine, tasks: known }
    const pids = listProcesses(this.#cgroups, cgroupPath)
    if (pids === undefined) return undefined
    const tasks = pids.flatMap((pid) => readTask(this.#files, pid) ?? [])
    this.#inCgroup.set(cgroupPath, tasks)
    return { machine: this.#machine, tasks }
  }

  #scanned(cgroupPath: string | undefined): Found | undefined {
    const beganMs = this.#now()
    const snapshot = this.#snapshot(beganMs)
    if (snapshot === undefined) return undefined
    const found = { machine: snapshot.machine, tasks: snapshot.tasksIn(cgroupPath) }
    this.#lastTookMs += this.#now() - beganMs
    return found
  }

  /** Undefined where it is gone, and where it tells no memory: the leader of a process whose other threads go on. */
  #readAgain({ pid, startTicks }: LiveTask): LiveTask | undefined {
    const task = readTask(this.#files, pid)
    return task?.startTicks === startTicks && task.rssKib !== undefined ? task : undefined
  }

  #snapshot(nowMs: number): ProcessSnapshot | undefined {
    const freshForMs = Math.max(FRESH_MS, this.#lastTookMs / SHARE)
    if (this.#last !== undefined && nowMs - this.#last.takenAtMs < freshForMs) return this.#last
    try {
      this.#lastTookMs = 0
      this.#last = new ProcessSnapshot(this.#files, nowMs)
      return this.#last
    } catch {
      // No descriptor or memory left for a listing: the kill is told without it.
      return undefined
    }
  }
}

interface Found {
  machine: Machine
  tasks: readonly LiveTask[]
}

function isFresh(sinceMs: number, nowMs: number): boolean {
  return nowMs - sinceMs < FRESH_MS
}

/** Undefined where there is no such cgroup. */
function listProcesses(cgroups: CgroupTree, cgroupPath: string): number[] | undefined {
  const text = cgroups.readText(`${cgroupPath}/cgroup.procs`)
  if (text === undefined) return undefined
  const below = cgroups
    .listChildren(cgroupPath)
    .flatMap((name) => listProcesses(cgroups, `${cgroupPath}/${name}`) ?? [])
  // 0: a process of another PID namespace, which has no number here.
  const own = text.split('\n').map(Number)
  return [...own.filter((pid) => pid > 0), ...below]
}
