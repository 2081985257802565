import { readMemoryCgroup, type ProcFiles } from '../proc/processFiles.ts'
import type { LiveTask } from './liveTask.ts'
import { readMachine, readTask } from './readTask.ts'
import type { Machine } from './weight.ts'
import { isIn } from '../cgroup/path.ts'

/**
 * The processes that are there at one moment. Each is read when it is first asked for, and once: a container's takes one
 * file of every process and five of its own, a fifth of the time that all of them take.
 */
export class ProcessSnapshot {
  readonly takenAtMs: number
  readonly machine: Machine
  readonly #files: ProcFiles
  readonly #pids: readonly number[]
  readonly #cgroups = new Map<number, string | undefined>()
  readonly #tasks = new Map<number, LiveTask | undefined>()

  /** @throws what `listPids` throws */
  constructor(files: ProcFiles, takenAtMs: number) {
    this.takenAtMs = takenAtMs
    this.#files = files
    this.#pids = files.listPids()
    this.machine = readMachine(files)
  }

  /** The tasks in this cgroup and below it; undefined: of the whole node. */
  tasksIn(cgroupPath: string | undefined): LiveTask[] {
    const pids = this.#pids.filter((pid) => cgroupPath === undefined || isIn(this.#cgroupOf(pid), cgroupPath))
    return pids.flatMap((pid) => this.#taskOf(pid) ?? [])
  }

  #cgroupOf(pid: number): string | undefined {
    return remembered(this.#cgroups, pid, () => readMemoryCgroup(this.#files, pid))
  }

  #taskOf(pid: number): LiveTask | undefined {
    return remembered(this.#tasks, pid, () => readTask(this.#files, pid))
  }
}

function remembered<T>(known: Map<number, T>, pid: number, read: () => T): T {
  const found = known.get(pid)
  if (found !== undefined || known.has(pid)) return found as T
  const value = read()
  known.set(pid, value)
  return value
}
