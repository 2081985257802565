import { isIn } from '../cgroup/path.ts'
import type { KnownProcess } from './knownProcess.ts'

/** What a kill line says of its victim. */
export interface NamedVictim {
  /** Of the process, or of one of its threads. */
  pid: number
  command: string
  /** Milliseconds on a clock that only goes forward, by the line's time stamp. */
  killedAtMs: number
}

/** Two clocks read at one moment, for start times. */
export interface ProcessClock {
  /** Milliseconds, as those of the kill. */
  monotonicMs: number
  /** Clock ticks since boot, as in /proc/PID/stat. */
  bootTicks: number
}

/** More are not remembered: 32,768 is what pid_max is on a small machine, and some 12 MB of ours. */
const MAX_PROCESSES = 32_768
/** Those that have ended, for kill lines that are read late. */
const MAX_GONE = 4_096
const GONE_FOR_MS = 120_000
/** USER_HZ, in which the kernel tells start times: 100 on all that Node runs on. */
const MS_PER_TICK = 10
/** printk's clock runs beside the others and drifts: a line counts as read late from here on, */
const LATE_MS = 10_000
/** and a start so long after the kill as printed is still before it. */
const DRIFT_MS = 2_000
/** A line from before the first scan names one that has long ended, or hangs: it was there well before. */
const BEFORE_WATCH_MS = 30_000
/** The smallest circle of pids takes longer, however fast processes are made. */
const JUST_BORN_MS = 2_000
/** Start times are told in steps of 10 ms, and printk's clock was 3 ms off the others where it was measured. */
const CLOCKS_APART_MS = 20

interface Gone {
  process: KnownProcess
  /** When a scan first missed it. */
  goneAtMs: number
}

/**
 * The processes of the node, those that ended a short while ago too, so that a kill line alone can be given its container.
 * Bounded: what is beyond the bound is not known.
 */
export class ProcessTable {
  readonly #alive = new Map<number, KnownProcess>()
  readonly #threads = new Map<number, KnownProcess>()
  /** In the order in which they were missed. */
  readonly #gone = new Map<number, Gone>()
  readonly #paths = new Map<string, string>()
  /** The living by their cgroup. */
  readonly #inPath = new Map<string, Set<number>>()
  /** When the first scan began; lines from before cannot be about what was scanned later. */
  #watchedSinceMs = Number.POSITIVE_INFINITY
  #scanBeganMs = 0

  get size(): number {
    return this.#alive.size
  }

  get watchedSinceMs(): number {
    return this.#watchedSinceMs
  }

  get isFull(): boolean {
    return this.#alive.size >= MAX_PROCESSES
  }

  get(pid: number): KnownProcess | undefined {
    return this.#alive.get(pid)
  }

  put(process: KnownProcess): void {
    const before = this.#alive.get(process.pid)
    if (before === undefined && this.isFull) return
    if (before !== undefined) {
      this.#takeOut(before)
      if (before.startTicks !== process.startTicks) this.#miss(before, process.seenAtMs)
    }
    this.#alive.set(process.pid, process)
    if (process.threads !== undefined) for (const tid of process.threads.keys()) this.#threads.set(tid, process)
    const { cgroupPath } = process
    if (cgroupPath === undefined) return
    const inPath = this.#inPath.get(cgroupPath)
    if (inPath === undefined) this.#inPath.set(cgroupPath, new Set([process.pid]))
    else inPath.add(process.pid)
  }

  /** One string for all processes of a cgroup: their paths are 150 bytes each. */
  intern(path: string | undefined): string | undefined {
    if (path === undefined) return undefined
    const known = this.#paths.get(path)
    if (known !== undefined) return known
    this.#paths.set(path, path)
    return path
  }

  beginScan(nowMs: number): void {
    this.#watchedSinceMs = Math.min(this.#watchedSinceMs, nowMs)
    this.#scanBeganMs = nowMs
  }

  /** @param present the pids that the scan listed */
  endScan(present: ReadonlySet<number>, nowMs: number): void {
    for (const [pid, process] of this.#alive) {
      // Seen since by other means than the scan's list.
      if (present.has(pid) || process.seenAtMs > this.#scanBeganMs) continue
      this.#takeOut(process)
      this.#miss(process, nowMs)
    }
    for (const [pid, { goneAtMs }] of this.#gone) {
      if (goneAtMs + GONE_FOR_MS > nowMs) break
      this.#gone.delete(pid)
    }
    this.#forgetPaths()
  }

  /**
   * The process that a kill line names, unless its pid was another's by then: it must call itself the same, and have been
   * there at the time of the kill.
   */
  find(victim: NamedVictim, clock: ProcessClock): KnownProcess | undefined {
    const alive = this.#alive.get(victim.pid) ?? this.#threads.get(victim.pid)
    if (alive !== undefined && this.#isVictim(alive, victim, clock)) return alive
    const gone = this.#gone.get(victim.pid)
    if (gone === undefined || gone.goneAtMs < victim.killedAtMs) return undefined
    return this.#isVictim(gone.process, victim, clock) ? gone.process : undefined
  }

  /** @param present all that are in this very cgroup now: others that were are no longer */
  missFrom(cgroupPath: string, present: ReadonlySet<number>, nowMs: number): void {
    for (const pid of this.#inPath.get(cgroupPath) ?? []) {
      const process = this.#alive.get(pid)
      if (present.has(pid) || process === undefined) continue
      this.#takeOut(process)
      this.#miss(process, nowMs)
    }
  }

  /**
   * Those of a cgroup and below that were there at that time, as far as it was seen before; all, if no cgroup is given. One
   * that has ended counts until it was missed.
   */
  thereAt(atMs: number, cgroupPath: string | undefined): KnownProcess[] {
    const found = [...this.#aliveIn(cgroupPath)]
    for (const { process, goneAtMs } of this.#gone.values()) {
      const isHere = cgroupPath === undefined || isIn(process.cgroupPath, cgroupPath)
      if (goneAtMs >= atMs && isHere) found.push(process)
    }
    return found.filter(({ firstSeenMs }) => firstSeenMs < atMs)
  }

  *#aliveIn(cgroupPath: string | undefined): Generator<KnownProcess, void> {
    if (cgroupPath === undefined) return yield* this.#alive.values()
    for (const [path, pids] of this.#inPath) {
      if (!isIn(path, cgroupPath)) continue
      for (const pid of pids) {
        const process = this.#alive.get(pid)
        if (process !== undefined) yield process
      }
    }
  }

  /** Whether a process that was started then was there when the victim was killed, as far as the clocks can tell. */
  wasThere(startTicks: number, { killedAtMs }: NamedVictim, clock: ProcessClock): boolean {
    const startMs = startedAtMs(startTicks, clock)
    if (killedAtMs < this.#watchedSinceMs) return startMs <= killedAtMs - BEFORE_WATCH_MS
    return clock.monotonicMs - killedAtMs <= LATE_MS || startMs <= killedAtMs + DRIFT_MS
  }

  #isVictim(process: KnownProcess, victim: NamedVictim, clock: ProcessClock): boolean {
    if (!this.wasThere(process.startTicks, victim, clock)) return false
    if (process.pid !== victim.pid) return process.threads?.get(victim.pid) === victim.command
    return process.command === victim.command || isJustBorn(process, victim, clock)
  }

  #takeOut({ pid, cgroupPath, threads }: KnownProcess): void {
    this.#alive.delete(pid)
    if (threads !== undefined) for (const tid of threads.keys()) this.#threads.delete(tid)
    const inPath = cgroupPath === undefined ? undefined : this.#inPath.get(cgroupPath)
    inPath?.delete(pid)
    if (cgroupPath !== undefined && inPath?.size === 0) this.#inPath.delete(cgroupPath)
  }

  #miss(process: KnownProcess, nowMs: number): void {
    // Set anew, so that the order is that of the times.
    this.#gone.delete(process.pid)
    this.#gone.set(process.pid, { process, goneAtMs: nowMs })
    if (this.#gone.size <= MAX_GONE) return
    for (const oldest of this.#gone.keys()) {
      this.#gone.delete(oldest)
      return
    }
  }

  #forgetPaths(): void {
    if (this.#paths.size <= this.#alive.size + this.#gone.size) return
    this.#paths.clear()
    for (const { cgroupPath } of this.#alive.values()) this.intern(cgroupPath)
    for (const { process } of this.#gone.values()) this.intern(process.cgroupPath)
  }
}

function startedAtMs(startTicks: number, { monotonicMs, bootTicks }: ProcessClock): number {
  return monotonicMs - (bootTicks - startTicks) * MS_PER_TICK
}

/**
 * Pids are given out in a circle (kernel/pid.c, idr_alloc_cyclic): one that was given out a moment ago is nobody else's, whatever
 * program the process has made itself meanwhile.
 */
function isJustBorn({ startTicks, seenAtMs }: KnownProcess, { killedAtMs }: NamedVictim, clock: ProcessClock): boolean {
  const startMs = startedAtMs(startTicks, clock)
  if (seenAtMs - startMs > JUST_BORN_MS || startMs > killedAtMs + CLOCKS_APART_MS) return false
  return Math.abs(killedAtMs - seenAtMs) <= JUST_BORN_MS
}
