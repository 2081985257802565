import { closeSync, openSync, readFileSync, readSync, readdirSync, readlinkSync, statSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { messageOf } from '#program/errors.ts'
import type { Extent, Wanted } from '../adjust/adjuster.ts'
import type { ObservedProcess } from '../adjust/plan.ts'
import type { Fact, ProcessFacts } from '../adjust/rule.ts'
import type { KillScope, ObservedContainer } from '../adjust/target.ts'
import { parseContainerName } from '../cgroup/containerName.ts'
import { parseCommandLine } from '../proc/commandLine.ts'
import { parseOomScoreAdj } from '../proc/oomScoreAdj.ts'
import { parseStat } from '../proc/stat.ts'
import { parseCgroupPath, type CgroupPlace } from '../cgroup/path.ts'
import { parseMemoryCgroup } from '../cgroup/procCgroup.ts'

const OOM_GROUP = 'memory.oom.group'
const BUFFER_BYTES = 4_096
/** Pods and containers of a node, and what else has cgroups there. */
const MAX_PATHS = 8_192
/** A score that somebody else writes is seen at every third sweep; a process that is new, at each. */
const SCORES_EVERY = 3
const EMPTY = new Uint8Array()

export interface NestWatch {
  /** These and no others. */
  watch(folders: readonly string[]): void
  watchAlso(folders: readonly string[]): void
  /** Whether what comes and goes there is told. */
  isWatched(folder: string): boolean
  /** What has come to be, or gone, in them since this was last asked. */
  takeChanged(): ReadonlySet<string>
}

export type WriteOutcome =
  | { kind: 'written' }
  /** The process has ended, or its pid or cgroup is another's by now: nothing was written. */
  | { kind: 'gone' }
  /** EACCES: below the score that a process with CAP_SYS_RESOURCE set last (fs/proc/base.c, __set_oom_adj). */
  | { kind: 'refused' }
  | { kind: 'failed'; message: string }

type ContainerPlace = Pick<ObservedContainer, 'containerId' | 'podUid' | 'cgroup'>

/** Processes of containers by their memory cgroups, and their oom_score_adj. What is gone is data, not an error. */
export class ContainerProcesses {
  readonly #proc: string
  readonly #cgroupRoot: string
  readonly #nests: NestWatch
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  /** As of the last look, by container id. */
  readonly #seen = new Map<string, ObservedContainer>()
  readonly #paths = new Map<string, CgroupPlace>()
  readonly #children = new Map<string, { links: number; names: readonly string[] }>()
  #sweeps = 0

  /** @param nests told of the cgroup folders in which containers and pods of the wanted ones come to be. */
  constructor(proc: string, cgroupRoot: string, nests: NestWatch) {
    this.#proc = proc
    this.#cgroupRoot = cgroupRoot
    this.#nests = nests
  }

  /**
   * The containers that are wanted and are there, with the processes in and below their cgroups. One in which nothing has
   * changed is the same object as before, unless it is read afresh.
   */
  observe(wanted: Wanted, extent: Extent = 'all'): ObservedContainer[] {
    const changed = this.#nests.takeChanged()
    for (const folder of changed) for (const one of [folder, dirname(folder)]) this.#children.delete(one)
    if (extent === 'all') return this.#observeAll(wanted)
    const { places, nests } = this.#find(wanted, changed)
    this.#nests.watchAlso(nests)
    for (const id of extent) {
      const place = this.#seen.get(id)
      if (place !== undefined) places.push(place)
    }
    const unique = new Map(places.map((place) => [place.containerId, place]))
    return [...unique.values()].map((place) => this.#observeContainer(place, true))
  }

  #observeAll(wanted: Wanted): ObservedContainer[] {
    this.#sweeps++
    if (wanted.isFresh) this.#children.clear()
    const { places, nests } = this.#find(wanted, [this.#cgroupRoot])
    this.#nests.watch(nests)
    const present = new Set(places.map(({ containerId }) => containerId))
    for (const id of this.#seen.keys()) if (!present.has(id)) this.#seen.delete(id)
    return places.map((place, at) => {
      const withScores = (this.#sweeps + at) % SCORES_EVERY === 0
      return this.#observeContainer(place, wanted.isFresh, withScores)
    })
  }

  /** What is wanted in and below these folders, and where more of it may come to be. */
  #find({ containerIds, podUids }: Wanted, folders: Iterable<string>): { places: ContainerPlace[]; nests: string[] } {
    const places: ContainerPlace[] = []
    const nests: string[] = []
    const visit = (folder: string): void => {
      const cgroup = folder.slice(this.#cgroupRoot.length)
      const { kubepods, podUid, containerId } = this.#parsePath(cgroup)
      if (containerId !== undefined) {
        // Nothing below another container's cgroup is asked for; one that was just removed is gone.
        if (podUid === undefined || !(containerIds.has(containerId) || podUids.has(podUid))) return
        places.push({ containerId, podUid, cgroup })
        return
      }
      if (kubepods && (podUid === undefined || podUids.has(podUid))) nests.push(folder)
      for (const child of this.#childrenOf(folder)) visit(`${folder}/${child}`)
    }
    if (containerIds.size === 0 && podUids.size === 0) return { places, nests }
    for (const folder of folders) if (countLinks(folder) > 0) visit(folder)
    return { places, nests }
  }

  /** Where a watch tells of what comes and goes, they are listed once a minute, and when their number is another one. */
  #childrenOf(folder: string): readonly string[] {
    const links = countLinks(folder)
    const known = this.#children.get(folder)
    if (known !== undefined && known.links === links && this.#nests.isWatched(folder)) return known.names
    const names = readFolders(folder)
    this.#children.set(folder, { links, names })
    return names
  }

  #parsePath(cgroup: string): CgroupPlace {
    const known = this.#paths.get(cgroup)
    if (known !== undefined) return known
    if (this.#paths.size >= MAX_PATHS) this.#paths.clear()
    const place = parseCgroupPath(cgroup)
    this.#paths.set(cgroup, place)
    return place
  }

  #observeContainer(place: ContainerPlace, isFresh: boolean, withScores = true): ObservedContainer {
    const { containerId, podUid, cgroup } = place
    const before = this.#seen.get(containerId)
    const processes: ObservedProcess[] = []
    let changed = 0
    const collect = (folder: string): void => {
      for (const pid of this.#readPids(folder)) {
        const known = isFresh ? undefined : before?.processes[processes.length]
        const isSame = known?.pid === pid && (!withScores || this.#readScore(pid) === known.oomScoreAdj)
        const process = isSame ? known : this.#readProcess(pid)
        if (!isSame) changed++
        if (process !== undefined) processes.push(process)
      }
      // Two links are its own: there is none below (kernfs_refresh_inode, fs/kernfs/inode.c).
      if (countLinks(folder) !== 2) for (const child of readFolders(folder)) collect(`${folder}/${child}`)
    }
    collect(join(this.#cgroupRoot, cgroup))
    const name = before?.name ?? this.#nameOf(podUid, processes)
    if (before !== undefined && changed === 0 && processes.length === before.processes.length && name === before.name)
      return before
    const container = { containerId, podUid, cgroup, name, processes }
    this.#seen.set(containerId, container)
    return container
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
      const isThere = this.#isIn(process.pid, containerId)
      const now = isThere ? this.#readProcess(process.pid) : undefined
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

  #nameOf(podUid: string, processes: readonly ObservedProcess[]): string | undefined {
    for (const { pid } of processes) {
      const name = parseContainerName(readOrEmpty(join(this.#proc, String(pid), 'mountinfo')).toString(), podUid)
      if (name !== undefined) return name
    }
    return undefined
  }

  #readPids(folder: string): number[] {
    const path = `${folder}/cgroup.procs`
    const short = this.#readShort(path)
    // 0: a process of another PID namespace, which has no number here.
    return short.length < BUFFER_BYTES ? parsePids(short) : parsePids(readOrEmpty(path))
  }

  #readScore(pid: number): number | undefined {
    return parseOomScoreAdj(this.#readShort(`${this.#proc}/${pid}/oom_score_adj`))
  }

  /** @returns undefined for a process that is gone. */
  #readProcess(pid: number): ObservedProcess | undefined {
    const stat = parseStat(readOrEmpty(join(this.#proc, String(pid), 'stat')))
    const oomScoreAdj = this.#readScore(pid)
    if (stat === undefined || oomScoreAdj === undefined) return undefined
    return { pid, startTicks: stat.startTicks, oomScoreAdj, command: stat.command }
  }

  /** Whether it is in that container, by the kernel's word. */
  #isIn(pid: number, containerId: string): boolean {
    const cgroup = parseMemoryCgroup(readOrEmpty(join(this.#proc, String(pid), 'cgroup')))
    return cgroup !== undefined && parseCgroupPath(cgroup).containerId === containerId
  }

  /** A file of one read, until the next one is read; empty where it is gone. */
  #readShort(path: string): Uint8Array {
    let descriptor: number | undefined
    try {
      descriptor = openSync(path, 'r')
      return this.#buffer.subarray(0, readSync(descriptor, this.#buffer, 0, BUFFER_BYTES, null))
    } catch {
      return EMPTY
    } finally {
      if (descriptor !== undefined) closeSync(descriptor)
    }
  }
}

/** Numbers, one a line. */
function parsePids(bytes: Uint8Array): number[] {
  const pids: number[] = []
  let pid = 0
  for (const byte of bytes) {
    if (byte >= 0x30 && byte <= 0x39) pid = pid * 10 + byte - 0x30
    else {
      if (pid > 0) pids.push(pid)
      pid = 0
    }
  }
  if (pid > 0) pids.push(pid)
  return pids
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

/** 0 where it is gone, or does not say. */
function countLinks(folder: string): number {
  return statSync(folder, { throwIfNoEntry: false })?.nlink ?? 0
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
