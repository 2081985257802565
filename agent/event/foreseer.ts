import type { Foresight } from '#contract/killContext.ts'
import { totalPages } from '#kernel/badness/badness.ts'
import { parseExhausted } from '#kernel/dump/killLine.ts'
import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import { readNearestLimit, type CgroupFiles } from '../cgroup/memoryFiles.ts'
import { readStat, type ProcFiles } from '../proc/processFiles.ts'
import { parseSysctl } from '../proc/sysctl.ts'
import type { ProcessClock, ProcessTable } from '../processes/processTable.ts'
import { cgroupTotalKib } from '../rank/domainTotal.ts'
import type { Machine } from '../rank/weight.ts'
import { resolveForesight } from './foresight.ts'
import type { VictimPlace } from './victimPlace.ts'

export type Foresee = (outcome: OomOutcome, place: VictimPlace | undefined, killedAtMs: number) => Foresight | undefined

export interface ForeseerPorts {
  table: ProcessTable
  files: ProcFiles
  cgroups: CgroupFiles
  readClock: () => ProcessClock
  /** Of this boot: it does not change. */
  machine: Machine
  /** Whether processes have the numbers here that the kernel's log has. */
  seesKernelPids: boolean
}

/** Whose limit it was, and what it allows. */
interface Domain {
  cgroupPath: string | undefined
  totalKib: number | undefined
}

/** Holds the kernel's choice against what the last scan of the processes foresaw. */
export class Foreseer {
  readonly #ports: ForeseerPorts

  constructor(ports: ForeseerPorts) {
    this.#ports = ports
  }

  /** @returns undefined also for those who die with another's group, whom nobody chose, and for kills read late. */
  readonly foresee: Foresee = (outcome, place, killedAtMs) => {
    const { table, files, machine, readClock, seesKernelPids } = this.#ports
    if (outcome.outcome !== 'killed' || outcome.groupCgroup !== undefined || !seesKernelPids) return undefined
    if (killedAtMs < table.watchedSinceMs) return undefined
    const domain = this.#findDomain(outcome, place)
    if (domain === undefined) return undefined
    const { victim, dump } = outcome
    const known = table.find({ pid: victim.pid, command: victim.command, killedAtMs }, readClock())
    return resolveForesight({
      victim,
      killedAtMs,
      // What was seen only since the kill was not foreseen.
      known: known !== undefined && known.firstSeenMs < killedAtMs ? known : undefined,
      ...domain,
      inLine: table.thereAt(killedAtMs, domain.cgroupPath),
      machine,
      dump,
      takesAllocatingTask: (parseSysctl(files.readText('sys/vm/oom_kill_allocating_task') ?? '') ?? 0) !== 0,
      isAlive: ({ pid, startTicks }) => readStat(files, pid)?.startTicks === startTicks,
    })
  }

  /** Without a dump: the limit that the victim's cgroup meets first. The line does not tell which it was. */
  #findDomain(outcome: OomOutcome, place: VictimPlace | undefined): Domain | undefined {
    const { cgroups, machine } = this.#ports
    const { dump } = outcome
    if (dump !== undefined) {
      const pages = totalPages(dump, machine.swapTotalKib)
      const totalKib = pages === undefined ? undefined : pages * (dump.pageSizeKib ?? machine.pageSizeKib)
      return { cgroupPath: dump.cgroup.oom, totalKib }
    }
    const exhausted = outcome.outcome === 'killed' ? parseExhausted(outcome.message) : undefined
    if (exhausted === 'global') return { cgroupPath: undefined, totalKib: machine.totalKib }
    if (exhausted === undefined || place === undefined) return undefined
    const limit = readNearestLimit(cgroups, place.cgroupPath)
    if (limit === undefined) return { cgroupPath: place.cgroupPath, totalKib: undefined }
    return { cgroupPath: limit.cgroupPath, totalKib: cgroupTotalKib(limit, machine) }
  }
}
