import { readMemoryCgroup, readOomScoreAdj, readStat, readStatus, type ProcFiles } from '../proc/processFiles.ts'
import type { ProcStat } from '../proc/stat.ts'
import type { KnownProcess } from './knownProcess.ts'
import type { ProcessTable } from './processTable.ts'

export interface ScanPorts {
  files: ProcFiles
  /** Awaited between slices, for others on the same event loop. */
  endTurn: () => Promise<unknown>
  /** Milliseconds on a clock that only goes forward. */
  monotonicMs: () => number
}

export interface ScanCost {
  processCount: number
  /** What the slices took, waiting for the kernel included: it grows when the machine is in trouble. */
  busyMs: number
}

/** So many processes are read before others get a turn: about 1 ms. */
const PIDS_PER_TURN = 50
/** A slice that took longer is a machine in trouble: the rest of the scan reads only what is cheapest. */
const SLOW_SLICE_MS = 50
/** One process in so many has its cgroup read again at each scan, whether it seems to have changed or not. */
const REREAD_EVERY = 16
/** The kinds of memory are read again when the resident pages have changed by a part of so many, */
const CHANGED_PART = 8
/** and by so many pages at least. */
const CHANGED_PAGES = 256
/** Who has been in one cgroup for so long is no longer on the way from where it was started. */
const SETTLED_MS = 5_000
/** A process that is looked at between scans may still make itself another program. */
const LOOKED_AT_FOR_MS = 2_000
/** What is not read of a process that is only looked at. */
const UNREAD = {
  uid: 0,
  oomScoreAdj: 0,
  memory: undefined,
  memoryRssPages: 0,
  isCgroupSettled: false,
  threads: undefined,
} as const
/** Of a process whose leader has ended; the kernel names one of the first. */
const MAX_THREADS = 64

/**
 * Brings the table up to date: stat and oom_score_adj of every process, status and cgroup only of those that are new or
 * have changed. Threads of the kernel are looked at now and then, since their pids may become a process's.
 */
export class ProcessScan {
  readonly #table: ProcessTable
  readonly #ports: ScanPorts
  readonly #kernelThreads = new Set<number>()
  #scans = 0
  #isSlow = false

  constructor(table: ProcessTable, ports: ScanPorts) {
    this.#table = table
    this.#ports = ports
  }

  /** @throws what `listPids` throws */
  async run(): Promise<ScanCost> {
    const { files, endTurn, monotonicMs } = this.#ports
    this.#scans++
    this.#isSlow = false
    this.#table.beginScan(monotonicMs())
    let busyMs = 0
    let sliceStartedMs = monotonicMs()
    const pids = files.listPids()
    for (const [at, pid] of pids.entries()) {
      this.#read(pid)
      if ((at + 1) % PIDS_PER_TURN !== 0) continue
      const sliceMs = monotonicMs() - sliceStartedMs
      busyMs += sliceMs
      this.#isSlow ||= sliceMs > SLOW_SLICE_MS
      await endTurn()
      sliceStartedMs = monotonicMs()
    }
    const present = new Set(pids)
    for (const pid of this.#kernelThreads) if (!present.has(pid)) this.#kernelThreads.delete(pid)
    this.#table.endScan(present, monotonicMs())
    return { processCount: this.#table.size, busyMs: busyMs + monotonicMs() - sliceStartedMs }
  }

  /**
   * Takes a process between scans, whose cgroup is known otherwise: only who it is, since there may be little time. What
   * has been known for long is left to the scans. @returns whether it was read
   */
  look(pid: number, cgroupPath: string): boolean {
    const { files, monotonicMs } = this.#ports
    const nowMs = monotonicMs()
    const before = this.#table.get(pid)
    if (before !== undefined && nowMs - before.firstSeenMs > LOOKED_AT_FOR_MS) return false
    const stat = readStat(files, pid)
    if (stat === undefined || stat.isKernelThread) return true
    const { command, startTicks, parentPid, rssPages } = stat
    const path = this.#table.intern(cgroupPath)
    const same = this.#knownAs(pid, stat)
    if (same !== undefined && isEnding(same, stat)) return true
    const known = same ?? { ...UNREAD, pid, firstSeenMs: nowMs }
    this.#table.put({ ...known, command, startTicks, parentPid, rssPages, cgroupPath: path, seenAtMs: nowMs })
    return true
  }

  #read(pid: number): void {
    const isTurn = (pid + this.#scans) % REREAD_EVERY === 0
    if (this.#kernelThreads.has(pid) && !isTurn) return
    const stat = readStat(this.#ports.files, pid)
    if (stat === undefined) return
    if (stat.isKernelThread) {
      this.#kernelThreads.add(pid)
      return
    }
    this.#kernelThreads.delete(pid)
    this.#take(pid, stat, isTurn)
  }

  #take(pid: number, stat: ProcStat, isTurn: boolean): void {
    const oomScoreAdj = readOomScoreAdj(this.#ports.files, pid)
    if (oomScoreAdj === undefined) return
    const known = this.#knownAs(pid, stat)
    if (known !== undefined && isEnding(known, stat)) return
    const isNew = known === undefined || known.command !== stat.command || !known.isCgroupSettled
    if (known !== undefined && !isNew && !isTurn && !this.#hasChanged(known, stat)) {
      known.oomScoreAdj = oomScoreAdj
      known.rssPages = stat.rssPages
      known.parentPid = stat.parentPid
      known.seenAtMs = this.#ports.monotonicMs()
      return
    }
    const described = this.#describe(pid, stat, known, isNew || isTurn)
    const path = this.#table.intern(described.cgroupPath)
    this.#table.put({
      ...described,
      oomScoreAdj,
      cgroupPath: path,
      isCgroupSettled: known?.cgroupPath === path && described.seenAtMs - described.firstSeenMs >= SETTLED_MS,
    })
  }

  #knownAs(pid: number, { startTicks }: ProcStat): KnownProcess | undefined {
    const known = this.#table.get(pid)
    return known?.startTicks === startTicks ? known : undefined
  }

  #hasChanged(known: KnownProcess, { rssPages, isZombie }: ProcStat): boolean {
    const change = Math.abs(rssPages - known.memoryRssPages)
    return (
      isZombie ||
      known.threads !== undefined ||
      (!this.#isSlow && change >= CHANGED_PAGES && change * CHANGED_PART >= known.memoryRssPages)
    )
  }

  #describe(
    pid: number,
    stat: ProcStat,
    known: KnownProcess | undefined,
    readsCgroup: boolean,
  ): Omit<KnownProcess, 'oomScoreAdj' | 'isCgroupSettled'> {
    const { files, monotonicMs } = this.#ports
    const nowMs = monotonicMs()
    // A leader that has ended tells nothing of what its other threads have, and on cgroup v1 not where they are.
    const threads = stat.isZombie && stat.threadCount > 1 ? this.#readThreads(pid) : undefined
    const teller = threads?.keys().next().value ?? pid
    // What counts is what the process has, which the leader no longer tells.
    const rssPages = threads === undefined ? stat.rssPages : (readStat(files, teller)?.rssPages ?? 0)
    const status = this.#isSlow && known !== undefined ? undefined : readStatus(files, teller)
    const cgroupPath = readsCgroup || threads !== undefined ? readMemoryCgroup(files, teller) : undefined
    return {
      pid,
      startTicks: stat.startTicks,
      command: stat.command,
      parentPid: stat.parentPid,
      uid: status?.uid ?? known?.uid ?? 0,
      rssPages,
      memory: status === undefined ? known?.memory : status.memory,
      memoryRssPages: status === undefined ? (known?.memoryRssPages ?? 0) : rssPages,
      // On cgroup v1 one that is ending tells no place: where it was is where it is.
      cgroupPath: cgroupPath ?? known?.cgroupPath,
      threads,
      firstSeenMs: known?.firstSeenMs ?? nowMs,
      seenAtMs: nowMs,
    }
  }

  #readThreads(leader: number): Map<number, string> {
    const { files } = this.#ports
    const threads = new Map<number, string>()
    for (const tid of files.listThreads(leader).slice(0, MAX_THREADS)) {
      const command = tid === leader ? undefined : readStat(files, tid)?.command
      if (command !== undefined) threads.set(tid, command)
    }
    return threads
  }
}

/** It has let go of its memory: what it had before is what the kernel chose it by. */
function isEnding(known: KnownProcess, { rssPages, isZombie, threadCount }: ProcStat): boolean {
  return rssPages === 0 && known.rssPages > 0 && !(isZombie && threadCount > 1)
}
