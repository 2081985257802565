import { parseCgroupPath } from '../cgroup/path.ts'
import { readMemoryCgroup, type ProcFiles } from '../proc/processFiles.ts'

export interface NewbornPorts {
  files: ProcFiles
  /** One string for all processes of a cgroup. */
  intern: (path: string) => string | undefined
  /** Milliseconds on the clock of the kills. */
  monotonicMs: () => number
}

interface Newborn {
  cgroupPath: string
  seenAtMs: number
}

/** Pids are given out in a circle, and the smallest takes longer: one that was given out since is nobody else's. */
const YOUNG_MS = 2_000
/** More in one look are not all read: the youngest are. */
const MAX_AT_ONCE = 16
/** A container's first process is made in the cgroup of its runtime, and moved. */
const MAX_ON_THE_WAY = 16
const ON_THE_WAY_MS = 500
const MAX_KEPT = 1_024

/**
 * Where processes are that were made a moment ago, for kills that come before any scan: by the last pid that the kernel has
 * given out (fs/proc/loadavg.c), which costs one small file to ask. A thread has a pid, too: a kill line may name it.
 */
export class NewbornProcesses {
  readonly #ports: NewbornPorts
  readonly #inContainers = new Map<number, Newborn>()
  /** Outside of any container as yet, by when they were first seen. */
  readonly #onTheWay = new Map<number, number>()
  #last: number | undefined

  constructor(ports: NewbornPorts) {
    this.#ports = ports
  }

  /** @returns how many files were read */
  look(): number {
    const { files, monotonicMs } = this.#ports
    const last = parseLastPid(files.readText('loadavg') ?? '')
    const nowMs = monotonicMs()
    const before = this.#last
    this.#last = last
    let read = 1
    for (const [pid, sinceMs] of this.#onTheWay) {
      if (nowMs - sinceMs > ON_THE_WAY_MS) this.#onTheWay.delete(pid)
      else read += this.#read(pid, nowMs)
    }
    if (last === undefined || before === undefined) return read
    for (let pid = Math.max(before + 1, last - MAX_AT_ONCE + 1); pid <= last; pid++) read += this.#read(pid, nowMs)
    return read
  }

  /** @returns the container's cgroup of a process that was made right before it was killed */
  find(pid: number, killedAtMs: number): string | undefined {
    const newborn = this.#inContainers.get(pid)
    return newborn !== undefined && Math.abs(killedAtMs - newborn.seenAtMs) <= YOUNG_MS ? newborn.cgroupPath : undefined
  }

  #read(pid: number, nowMs: number): number {
    const cgroupPath = readMemoryCgroup(this.#ports.files, pid)
    const isInContainer = cgroupPath !== undefined && parseCgroupPath(cgroupPath).containerId !== undefined
    if (isInContainer) {
      this.#onTheWay.delete(pid)
      this.#inContainers.set(pid, { cgroupPath: this.#ports.intern(cgroupPath) ?? cgroupPath, seenAtMs: nowMs })
      forgetFirst(this.#inContainers, MAX_KEPT)
    } else if (cgroupPath === undefined) {
      // It has ended.
      this.#onTheWay.delete(pid)
    } else if (!this.#onTheWay.has(pid)) {
      this.#onTheWay.set(pid, nowMs)
      forgetFirst(this.#onTheWay, MAX_ON_THE_WAY)
    }
    return 1
  }
}

/** `0.20 0.18 0.12 1/80 11206`: the last is the pid that was given out last. */
export function parseLastPid(text: string): number | undefined {
  const digits = / (\d{1,10})\n?$/.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function forgetFirst(map: Map<number, unknown>, most: number): void {
  const [first] = map.keys()
  if (map.size > most && first !== undefined) map.delete(first)
}
