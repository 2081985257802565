import { MAX_ZONES, type CgroupContext, type KillContext } from '#contract/killContext.ts'
import { readMemoryLimits, type CgroupFiles } from '../cgroup/memoryFiles.ts'
import { parseMemoryStat } from '../cgroup/memoryStat.ts'
import { containerPathOf } from '../cgroup/path.ts'
import { parseMeminfo } from '../proc/meminfo.ts'
import { parsePressure } from '../proc/pressure.ts'
import type { ProcFiles } from '../proc/processFiles.ts'
import { parseSysctl } from '../proc/sysctl.ts'
import { parseZoneinfo } from '../proc/zoneinfo.ts'
import type { VictimPlace } from './victimPlace.ts'

export type ReadContext = (place: VictimPlace | undefined, killedAtMs: number) => KillContext | undefined

export interface ContextPorts {
  files: Pick<ProcFiles, 'readText'>
  cgroups: CgroupFiles
  /** Milliseconds on a clock that only goes forward, as those of the kill. */
  monotonicMs: () => number
}

/** In a storm the machine's memory is read so often at most: it takes 0.3 ms. */
const FRESH_MS = 100
/** So long after a kill what is read says nothing about it any more. */
const TOO_LATE_MS = 10_000

/** Reads how memory stands right after a kill, and how it is set. */
export class ContextReader {
  readonly #ports: ContextPorts
  #machine: KillContext['machine']
  #machineAtMs = Number.NEGATIVE_INFINITY

  constructor(ports: ContextPorts) {
    this.#ports = ports
  }

  /** @returns undefined for a kill that is read late, as after a restart */
  readonly read: ReadContext = (place, killedAtMs) => {
    const nowMs = this.#ports.monotonicMs()
    const readAfterMs = Math.max(0, Math.round(nowMs - killedAtMs))
    if (readAfterMs > TOO_LATE_MS) return undefined
    if (nowMs - this.#machineAtMs >= FRESH_MS) {
      this.#machine = readMachineContext(this.#ports.files)
      this.#machineAtMs = nowMs
    }
    const cgroup = place === undefined ? undefined : this.#readCgroup(place.cgroupPath)
    return { readAfterMs, machine: this.#machine, cgroup }
  }

  #readCgroup(victimPath: string): CgroupContext | undefined {
    const { cgroups } = this.#ports
    const cgroupPath = containerPathOf(victimPath) ?? victimPath
    const limits = readMemoryLimits(cgroups, cgroupPath)
    if (limits === undefined) return undefined
    const read = (file: string) => cgroups.readText(`${cgroupPath}/${file}`)
    const { limitKib, usageKib, swapIncludesMemory } = limits
    const ownSwap = (kib: number | undefined, memoryKib: number | undefined) =>
      kib === undefined || memoryKib === undefined ? undefined : Math.max(0, kib - memoryKib)
    return {
      cgroupPath,
      usageKib,
      limitKib,
      peakKib: parseKib(read('memory.peak') ?? read('memory.max_usage_in_bytes')),
      swapUsageKib: swapIncludesMemory
        ? ownSwap(parseKib(read('memory.memsw.usage_in_bytes')), usageKib)
        : parseKib(read('memory.swap.current')),
      swapLimitKib: swapIncludesMemory ? ownSwap(limits.swapLimitKib, limitKib) : limits.swapLimitKib,
      ...parseMemoryStat(read('memory.stat') ?? ''),
    }
  }
}

function parseKib(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,16}\n?$/.test(text) ? Math.floor(Number(text) / 1024) : undefined
}

function readMachineContext(files: Pick<ProcFiles, 'readText'>): KillContext['machine'] {
  const sysctl = (name: string) => parseSysctl(files.readText(`sys/vm/${name}`) ?? '')
  const { memTotalKib, memFreeKib, memAvailableKib, swapTotalKib, swapFreeKib, commitLimitKib, committedKib } =
    parseMeminfo(files.readText('meminfo') ?? '')
  const pressure = parsePressure(files.readText('pressure/memory') ?? '')
  const zones = parseZoneinfo(files.readText('zoneinfo') ?? '').slice(0, MAX_ZONES)
  return {
    memTotalKib,
    memFreeKib,
    memAvailableKib,
    swapTotalKib,
    swapFreeKib,
    commitLimitKib,
    committedKib,
    someWaitedPercent: pressure?.some.avg10,
    allWaitedPercent: pressure?.full.avg10,
    overcommitMemory: sysctl('overcommit_memory'),
    panicOnOom: sysctl('panic_on_oom'),
    oomKillAllocatingTask: sysctl('oom_kill_allocating_task'),
    oomDumpTasks: sysctl('oom_dump_tasks'),
    zones: zones.map(({ node, name, freePages, minPages, lowPages, highPages }) => {
      return { node, name, freePages, minPages, lowPages, highPages }
    }),
  }
}
