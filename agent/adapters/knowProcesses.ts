import { uptime } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import type { Logger } from 'pino'
import { messageOf } from '#program/errors.ts'
import { CgroupKills, type CgroupTree } from '../cgroup/cgroupKills.ts'
import { KillCounters, type KillCounterPorts } from '../cgroup/killCounters.ts'
import { Foreseer, type Foresee } from '../event/foreseer.ts'
import { VictimLocator } from '../event/victimLocator.ts'
import type { LocateVictim } from '../event/victimPlace.ts'
import { parseMeminfo } from '../proc/meminfo.ts'
import { parsePressure } from '../proc/pressure.ts'
import type { ProcFiles } from '../proc/processFiles.ts'
import { HotCgroups } from '../processes/hotCgroups.ts'
import { NewbornProcesses } from '../processes/newbornProcesses.ts'
import { ProcessScan } from '../processes/processScan.ts'
import { ProcessTable } from '../processes/processTable.ts'
import { ProcessWatch } from '../processes/processWatch.ts'
import { readMachine } from '../rank/readTask.ts'
import type { ProcFs } from './procFs.ts'

export interface ProcessKnowledge {
  watch: ProcessWatch
  locate: LocateVictim
  foresee: Foresee
  counters: KillCounters
}

const TICKS_PER_SECOND = 100

/** The processes of this machine, kept known from when the watch runs on, and by them whose kill a line is. */
export function knowProcesses(
  files: ProcFiles,
  proc: ProcFs,
  cgroups: CgroupTree,
  account: Pick<KillCounterPorts, 'readAccountedKills' | 'onUnexplained'>,
  monotonicMs: () => number,
  logger: Logger,
): ProcessKnowledge {
  const cpuMs = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
  const table = new ProcessTable()
  const counters = new KillCounters({
    cgroups: new CgroupKills({ files: cgroups, monotonicMs, cpuMs }),
    readKernelKills: () => proc.readOomKillCount(),
    readAccountedKills: account.readAccountedKills,
    onUnexplained: account.onUnexplained,
  })
  const scan = new ProcessScan(table, { files, endTurn: setImmediate, monotonicMs })
  const newborn = new NewbornProcesses({ files, intern: (path) => table.intern(path), monotonicMs })
  const hot = new HotCgroups({
    cgroups,
    look: (pid, path) => scan.look(pid, path),
    onList: (path, pids) => table.missFrom(path, pids, monotonicMs()),
    onTurn: () => {
      newborn.look()
      counters.look()
    },
    monotonicMs,
  })
  let isFirstScan = true
  const watch = new ProcessWatch({
    scan,
    readPressure: () => parsePressure(files.readText('pressure/memory') ?? ''),
    readMeminfo: () => parseMeminfo(files.readText('meminfo') ?? ''),
    onScanned: () => {
      counters.settle()
      // An agent may be started, or started again, in the middle of a storm.
      if (isFirstScan) hot.killed([])
      isFirstScan = false
    },
    onFailure: (error) => logger.warn(`expected to scan the processes, got: ${messageOf(error)}; tried again`),
    monotonicMs,
  })
  const readClock = () => ({ monotonicMs: monotonicMs(), bootTicks: uptime() * TICKS_PER_SECOND })
  const seesKernelPids = proc.seesKernelPids()
  const locator = new VictimLocator({
    table,
    files,
    counters,
    newborn,
    readClock,
    seesKernelPids,
    onKill: (cgroupPaths) => {
      watch.killed()
      hot.killed(cgroupPaths)
    },
  })
  const foreseer = new Foreseer({ table, files, cgroups, readClock, machine: readMachine(files), seesKernelPids })
  return {
    watch,
    locate: locator.locate,
    foresee: foreseer.foresee,
    counters,
  }
}
