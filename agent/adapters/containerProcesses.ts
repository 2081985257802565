import { closeSync, openSync, readFileSync, readSync, readdirSync, readlinkSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { messageOf } from '#program/errors.ts'
import type { Wanted } from '../adjust/adjuster.ts'
import type { ObservedProcess } from '../adjust/plan.ts'
import type { Fact, ProcessFacts } from '../adjust/rule.ts'
import type { KillScope, ObservedContainer } from '../adjust/target.ts'
import { parseContainerName } from '../cgroup/containerName.ts'
import { parseCommandLine } from '../proc/commandLine.ts'
import { parseOomScoreAdj } from '../proc/oomScoreAdj.ts'
import { parseStat } from '../proc/stat.ts'
import { parseCgroupPath } from '../cgroup/path.ts'
import { parseMemoryCgroup } from '../cgroup/procCgroup.ts'

const OOM_GROUP = 'memory.oom.group'

export type WriteOutcome =
  | { kind: 'written' }
  /** The process has ended, or its pid or cgroup is another's by now: nothing was written. */
  | { kind: 'gone' }
  /** EACCES: below the score that a process with CAP_SYS_RESOURCE set last (fs/proc/base.c, __set_oom_adj). */
  | { kind: 'refused' }
  | { kind: 'failed'; message: string }

/** Processes of containers by their memory cgroups, and their oom_score_adj. What is gone is data, not an error. */
export class ContainerProcesses {
  readonly #proc: string
  readonly #cgroupRoot: string
  readonly #onNests: (folders: readonly string[]) => void
  /** By container id, for as long as it is there. */
  readonly #names = new Map<string, string>()

  /** @param onNests called with the cgroup folders in which containers and pods of the wanted ones come to be. */
  constructor(proc: string, cgroupRoot: string, onNests: (folders: readonly string[]) => void = () => undefined) {
    this.#proc = proc
    this.#cgroupRoot = cgroupRoot
    this.#onNests = onNests
  }

  /** The containers that are wanted and are there, with the processes in and below their cgroups. */
  observe({ containerIds, podUids }: Wanted): ObservedContainer[] {
    const observed: (ObservedContainer & { processes: ObservedProcess[] })[] = []
    const nests: string[] = []
    const visit = (path: string, within: ObservedProcess[] | undefined): void => {
      const { kubepods, podUid, containerId } = parseCgroupPath(path)
      let processes = within
      if (processes === undefined && containerId !== undefined) {
        // Nothing below another container's cgroup is asked for.
        if (podUid === undefined || !(containerIds.has(containerId) || podUids.has(podUid))) return
        processes = []
        observed.push({ containerId, podUid, name: undefined, cgroup: path, processes })
      } else if (kubepods && containerId === undefined && (podUid === undefined || podUids.has(podUid))) {
        nests.push(join(this.#cgroupRoot, path))
      }
      if (processes !== undefined && containerId !== undefined) processes.push(...this.#processesIn(path, containerId))
      for (const child of readFolders(join(this.#cgroupRoot, path))) visit(`${path}/${child}`, processes)
    }
    if (containerIds.size > 0 || podUids.size > 0) visit('', undefined)
    this.#onNests(nests)
    const present = new Set(observed.map(({ containerId }) => containerId))
    for (const id of this.#names.keys()) if (!present.has(id)) this.#names.delete(id)
    return observed.map((container) => ({ ...container, name: this.#nameOf(container) }))
  }

  /** What of these the kernel shows of a process. Should the pid be another's by now, a write to the one before finds it gone. */
  readFacts(pid: number, facts: readonly Fact[]): Pick<ProcessFacts, Fact> {
    const folder = join(this.#proc, String(pid))
    return {
      ...(facts.includes('exe') && { exe: readProgramName(join(folder, 'exe')) }),
      ...(facts.includes('cmdline') && {
        cmdline: parseCommandLine(readOrEmpty(join(folder, 'cmdline')).toString()) ?? '',
      }),
    }
  }

  /**
   * Writes a score without a race over the pid: the file is opened first, then the process is looked at, then the
   * held descriptor is written, which fails with ESRCH when the process that was opened has ended.
   */
  write(containerId: string, process: ObservedProcess, oomScoreAdj: number): WriteOutcome {
    let descriptor: number
    try {
      descriptor = openSync(join(this.#proc, `${process.pid}/oom_score_adj`), 'r+')
    } catch (error) {
      return outcomeOf(error)
    }
    try {
      const now = this.#readProcess(process.pid, containerId)
      if (now?.startTicks !== process.startTicks) return { kind: 'gone' }
      writeSync(descriptor, String(oomScoreAdj), 0)
      const buffer = Buffer.alloc(16)
      const read = Number(buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, 16, 0)))
      if (read === oomScoreAdj) return { kind: 'written' }
      return { kind: 'failed', message: `expected to read ${oomScoreAdj} back, got ${read}` }
    } catch (error) {
      return outcomeOf(error)
    } finally {
      closeSync(descriptor)
    }
  }

  /** By memory.oom.group (mm/memcontrol.c, memory_oom_group_show); undefined where the kernel has none. */
  readKillScope({ cgroup }: ObservedContainer): KillScope | undefined {
    const text = readOrEmpty(join(this.#cgroupRoot, cgroup, OOM_GROUP))
      .toString()
      .trim()
    if (text === '1') return 'Container'
    return text === '0' ? 'Process' : undefined
  }

  /** The cgroup is its container's own for as long as it is there: its path has the container's id. */
  writeKillScope({ cgroup }: ObservedContainer, scope: KillScope): WriteOutcome {
    let descriptor: number
    try {
      descriptor = openSync(join(this.#cgroupRoot, cgroup, OOM_GROUP), 'r+')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return code === 'EROFS' || code === 'EPERM' ? { kind: 'refused' } : outcomeOf(error, OOM_GROUP)
    }
    try {
      writeSync(descriptor, scope === 'Container' ? '1' : '0', 0)
      return { kind: 'written' }
    } catch (error) {
      // kernfs: the cgroup was removed while its file was open.
      return (error as NodeJS.ErrnoException).code === 'ENODEV' ? { kind: 'gone' } : outcomeOf(error, OOM_GROUP)
    } finally {
      closeSync(descriptor)
    }
  }

  /** By its mount namespace, against that of the node's first process; undefined where it takes CAP_SYS_PTRACE to see it. */
  isOfNode(pid: number): boolean | undefined {
    try {
      const [own, node] = [pid, 1].map((one) => readlinkSync(join(this.#proc, String(one), 'ns/mnt')))
      return own === node
    } catch {
      return undefined
    }
  }

  #nameOf({ containerId, podUid, processes }: ObservedContainer): string | undefined {
    for (const { pid } of processes) {
      const known = this.#names.get(containerId)
      if (known !== undefined) return known
      const name = parseContainerName(readOrEmpty(join(this.#proc, String(pid), 'mountinfo')).toString(), podUid)
      if (name !== undefined) this.#names.set(containerId, name)
    }
    return this.#names.get(containerId)
  }

  #processesIn(path: string, containerId: string): ObservedProcess[] {
    const pids = readOrEmpty(join(this.#cgroupRoot, path, 'cgroup.procs'))
      .toString()
      .split('\n')
      .filter(Boolean)
      .map(Number)
    return pids.flatMap((pid) => {
      // 0: a process of another PID namespace, which has no number here.
      const process = pid > 0 ? this.#readProcess(pid, containerId) : undefined
      return process === undefined ? [] : [process]
    })
  }

  /** @returns undefined for a process that is gone, or is not in that container. */
  #readProcess(pid: number, containerId: string): ObservedProcess | undefined {
    const read = (file: string): Buffer => readOrEmpty(join(this.#proc, String(pid), file))
    const cgroup = parseMemoryCgroup(read('cgroup'))
    if (cgroup === undefined || parseCgroupPath(cgroup).containerId !== containerId) return undefined
    const stat = parseStat(read('stat'))
    const oomScoreAdj = parseOomScoreAdj(read('oom_score_adj'))
    if (stat === undefined || oomScoreAdj === undefined) return undefined
    return { pid, startTicks: stat.startTicks, oomScoreAdj, command: stat.command }
  }
}

function outcomeOf(error: unknown, file = 'oom_score_adj'): WriteOutcome {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ESRCH' || code === 'ENOENT') return { kind: 'gone' }
  if (code === 'EACCES') return { kind: 'refused' }
  // Without the path: the same for every process.
  return { kind: 'failed', message: `expected to write ${file}, got ${code ?? messageOf(error)}` }
}

/** @returns null where the process has no program: it has ended; undefined where it is not shown. */
function readProgramName(path: string): string | null | undefined {
  try {
    // proc_pid_exe(5): a program that was replaced since is marked so.
    return basename(readlinkSync(path).replace(/ \(deleted\)$/, ''))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ESRCH' ? null : undefined
  }
}

function readFolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}

function readOrEmpty(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}
