import { parseMeminfo, type Meminfo } from '../proc/meminfo.ts'
import { parsePressure, type Pressure } from '../proc/pressure.ts'
import { parseSysctl, parseSysctlList } from '../proc/sysctl.ts'
import { parseZoneinfo, type ZoneWatermarks } from '../proc/zoneinfo.ts'
import { readCgroupTree, type CgroupTree } from './cgroupTree.ts'
import type { Access, NodeFiles } from './nodeFiles.ts'

/** /proc/sys → field. Source: Documentation/admin-guide/sysctl/vm.rst and kernel.rst. */
const SYSCTLS = {
  'vm/overcommit_memory': 'overcommitMemory',
  'vm/overcommit_ratio': 'overcommitRatioPercent',
  'vm/overcommit_kbytes': 'overcommitKib',
  'vm/panic_on_oom': 'panicOnOom',
  'vm/oom_kill_allocating_task': 'oomKillAllocatingTask',
  'vm/oom_dump_tasks': 'oomDumpTasks',
  'vm/min_free_kbytes': 'minFreeKib',
  'vm/watermark_scale_factor': 'watermarkScaleFactor',
  'vm/swappiness': 'swappiness',
  'kernel/panic': 'panicSeconds',
  'kernel/panic_on_oops': 'panicOnOops',
  'kernel/dmesg_restrict': 'dmesgRestrict',
} as const

/** Absent what this kernel does not have, or what cannot be read. */
export type Sysctls = { [Field in (typeof SYSCTLS)[keyof typeof SYSCTLS]]?: number }

/** What a node is set to where memory runs out, and what it has. */
export interface NodeSettings {
  kernelRelease: string | undefined
  meminfo: Meminfo
  /** Empty where /proc/zoneinfo is not there. */
  zones: readonly ZoneWatermarks[]
  pageKib: number
  sysctls: Sysctls
  lowmemReserveRatio: readonly number[] | undefined
  /** Of memory, for the whole machine. */
  pressure: Pressure | undefined
  cgroups: CgroupTree
  hasOomScoreAdj: boolean
  /** Who started the node's services, by sd_booted(3). */
  hasSystemd: boolean
  /** /dev/kmsg, by who runs this. */
  kernelLog: Access
}

const DEFAULT_PAGE_KIB = 4

/** @returns undefined when there is no proc file system of a node. */
export function readNodeSettings(files: NodeFiles): NodeSettings | undefined {
  const meminfo = files.readText('proc/meminfo')
  if (meminfo === undefined) return undefined
  const pressure = files.readText('proc/pressure/memory')
  return {
    kernelRelease: files.readText('proc/sys/kernel/osrelease')?.trim(),
    meminfo: parseMeminfo(meminfo),
    zones: parseZoneinfo(files.readText('proc/zoneinfo') ?? ''),
    pageKib: parsePageKib(files.readText('proc/self/smaps') ?? ''),
    sysctls: readSysctls(files),
    lowmemReserveRatio: parseSysctlList(files.readText('proc/sys/vm/lowmem_reserve_ratio') ?? ''),
    pressure: pressure === undefined ? undefined : parsePressure(pressure),
    cgroups: readCgroupTree(files),
    hasOomScoreAdj: files.access('proc/self/oom_score_adj') !== 'missing',
    hasSystemd: files.access('run/systemd/system') !== 'missing',
    kernelLog: files.access('dev/kmsg'),
  }
}

function readSysctls(files: NodeFiles): Sysctls {
  const sysctls: Sysctls = {}
  for (const [path, field] of Object.entries(SYSCTLS)) {
    const value = parseSysctl(files.readText(`proc/sys/${path}`) ?? '')
    if (value !== undefined) sysctls[field] = value
  }
  return sysctls
}

/** The kernel's page size as it says itself. Source: fs/proc/task_mmu.c, show_smap. */
function parsePageKib(smaps: string): number {
  const digits = /^KernelPageSize: +([1-9]\d{0,3}) kB$/m.exec(smaps)?.[1]
  return digits === undefined ? DEFAULT_PAGE_KIB : Number(digits)
}
