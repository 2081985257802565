import { readFileSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ProcFiles } from '#program/adapters/procFiles.ts'
import type { Extent, Wanted } from '../adjust/adjuster.ts'
import type { ObservedProcess } from '../adjust/plan.ts'
import type { Fact, ProcessFacts } from '../adjust/rule.ts'
import type { ObservedContainer } from '../adjust/target.ts'
import type { WriteOutcome } from '../adjust/writeOutcome.ts'
import { parseContainerName } from '../cgroup/containerName.ts'
import { parseCommandLine } from '../proc/commandLine.ts'
import { readOomScoreAdj, readStat } from '../proc/processFiles.ts'
import { ContainerCgroups, countLinks, readFolders, type ContainerPlace, type NestWatch } from './containerCgroups.ts'
import { writeScore } from './scoreFile.ts'

/** Of containers that are known, so many are looked at by a sweep, and the others by the next ones: cgroup v1 makes a list of processes anew each time. */
const PER_SWEEP = 200
/** In sweeps: a score that somebody else writes is seen after so many, or when it is its container's turn. */
const SCORES_EVERY = 3
/** A process is known again by its pid and score: how long another one with both may be taken for it. About a minute. */
const AFRESH_EVERY = 30

/** What is read of a container that is known: nothing, the lists of its processes, their scores too, or everything. */
type Depth = 'nothing' | 'lists' | 'scores' | 'all'

/** A cgroup.procs of a container. */
interface ProcessList {
  folder: string
  text: string
}

interface Seen {
  container: ObservedContainer
  lists: readonly ProcessList[]
  /** Whether its scores are others by now, by our own doing. */
  isWritten: boolean
}

/** Processes of containers by their memory cgroups, and their oom_score_adj. What is gone is data, not an error. */
export class ContainerProcesses {
  readonly #proc: string
  readonly #files: ProcFiles
  readonly #cgroupRoot: string
  readonly #cgroups: ContainerCgroups
  /** As of the last look, by container id. */
  readonly #seen = new Map<string, Seen>()
  /** As of the last sweep. */
  #places: readonly ContainerPlace[] = []
  #sweeps = 0

  /** @param nests told of the cgroup folders in which containers and pods of the wanted ones come to be. */
  constructor(proc: string, cgroupRoot: string, nests: NestWatch) {
    this.#proc = proc
    this.#files = new ProcFiles(proc)
    this.#cgroupRoot = cgroupRoot
    this.#cgroups = new ContainerCgroups(cgroupRoot, nests)
  }

  /**
   * The containers that are wanted and are there, with the processes in and below their cgroups. One in which nothing has
   * changed is the same object as before.
   */
  observe(wanted: Wanted, extent: Extent = 'all'): ObservedContainer[] {
    if (extent === 'all') return this.#observeAll(wanted)
    const begun = [...extent].flatMap((id) => this.#seen.get(id)?.container ?? [])
    const places: ContainerPlace[] = [...this.#cgroups.findNew(wanted), ...begun]
    const unique = new Map(places.map((place) => [place.containerId, place]))
    return [...unique.values()].map((place) => this.#observeContainer(place, 'all'))
  }

  #observeAll(wanted: Wanted): ObservedContainer[] {
    const sweep = this.#sweeps++
    const places = this.#cgroups.findAll(wanted, sweep % AFRESH_EVERY === 0)
    if (places !== this.#places) {
      const present = new Set(places.map(({ containerId }) => containerId))
      for (const id of this.#seen.keys()) if (!present.has(id)) this.#seen.delete(id)
    }
    this.#places = places
    const sweeps = Math.max(1, Math.ceil(places.length / PER_SWEEP))
    return places.map((place, at) => {
      const turn = (sweep + at) / sweeps
      const depth = Number.isInteger(turn) ? this.#depthOf(place, wanted, turn, sweeps) : 'nothing'
      return this.#observeContainer(place, depth)
    })
  }

  /** @param sweeps from one turn of a container to its next */
  #depthOf({ containerId, podUid }: ContainerPlace, wanted: Wanted, turn: number, sweeps: number): Depth {
    const isDue = (every: number) => turn % Math.max(1, Math.round(every / sweeps)) === 0
    if (isDue(AFRESH_EVERY)) return 'all'
    const isNamed = this.#seen.get(containerId)?.container.name !== undefined
    // A sandbox: nobody wants anything of it.
    if (!isNamed && !wanted.containerIds.has(containerId)) return 'nothing'
    if (wanted.chosenPodUids.has(podUid)) return 'all'
    return isDue(SCORES_EVERY) ? 'scores' : 'lists'
  }

  #observeContainer({ containerId, podUid, cgroup }: ContainerPlace, depth: Depth): ObservedContainer {
    const seen = this.#seen.get(containerId)
    if (seen !== undefined && !seen.isWritten) {
      if (depth === 'nothing' || (depth === 'lists' && areSame(seen.lists))) return seen.container
    }
    const before = new Map(seen?.container.processes.map((process) => [process.pid, process]))
    const lists = readLists(`${this.#cgroupRoot}${cgroup}`)
    const processes = lists
      .flatMap(({ text }) => parsePids(text))
      .flatMap((pid) => this.#readAgain(pid, before.get(pid), depth) ?? [])
    const isSame = seen !== undefined && isSameList(processes, seen.container.processes)
    const name = seen?.container.name ?? (isSame && depth !== 'all' ? undefined : this.#nameOf(podUid, processes))
    const container =
      isSame && name === seen.container.name ? seen.container : { containerId, podUid, cgroup, name, processes }
    this.#seen.set(containerId, { container, lists, isWritten: false })
    return container
  }

  /** @returns the same object where nothing has changed; undefined for a process that is gone. */
  #readAgain(pid: number, known: ObservedProcess | undefined, depth: Depth): ObservedProcess | undefined {
    const oomScoreAdj = readOomScoreAdj(this.#files, pid)
    if (known !== undefined && depth !== 'all' && oomScoreAdj === known.oomScoreAdj) return known
    const stat = readStat(this.#files, pid)
    if (stat === undefined || oomScoreAdj === undefined) return undefined
    const { startTicks, command } = stat
    const isSame = startTicks === known?.startTicks && oomScoreAdj === known.oomScoreAdj && command === known.command
    return isSame ? known : { pid, startTicks, oomScoreAdj, command }
  }

  /** What of these the kernel shows of a process. Should the pid be another's by now, a write to the one before finds it gone. */
  readFacts(pid: number, facts: readonly Fact[]): Pick<ProcessFacts, Fact> {
    const folder = join(this.#proc, String(pid))
    return {
      ...(facts.includes('exe') && { exe: readProgramName(join(folder, 'exe')) }),
      ...(facts.includes('cmdline') && { cmdline: parseCommandLine(readText(join(folder, 'cmdline'))) ?? '' }),
    }
  }

  /** As `writeScore` does. */
  write(containerId: string, process: ObservedProcess, oomScoreAdj: number): WriteOutcome {
    const seen = this.#seen.get(containerId)
    if (seen !== undefined) seen.isWritten = true
    return writeScore(this.#proc, this.#files, containerId, process, oomScoreAdj)
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
      const name = parseContainerName(readText(join(this.#proc, String(pid), 'mountinfo')), podUid)
      if (name !== undefined) return name
    }
    return undefined
  }
}

function readLists(folder: string): ProcessList[] {
  const own = { folder, text: readText(`${folder}/cgroup.procs`) }
  // Two links are its own: there is none below.
  if (countLinks(folder) === 2) return [own]
  return [own, ...readFolders(folder).flatMap((child) => readLists(`${folder}/${child}`))]
}

function areSame(lists: readonly ProcessList[]): boolean {
  return lists.every(({ folder, text }) => readText(`${folder}/cgroup.procs`) === text)
}

/** Numbers, one a line. 0: a process of another PID namespace, which has no number here. */
function parsePids(list: string): number[] {
  return list
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0)
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index])
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

/** In one call of Node's own code, which a process without compilers pays least for; empty where it is gone. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
