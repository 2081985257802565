import type { OomDump, OomTask } from '#kernel/dump/oomDump.ts'
import { parseExhausted } from '#kernel/dump/killLine.ts'
import { parseGfpRequest, type GfpRequest } from '#kernel/gfp/gfpRequest.ts'
import { parseKernelVersion } from '#kernel/kernelVersion.ts'
import { parseCgroupStat, type CgroupStat } from '#kernel/memory/cgroupStat.ts'
import { parseMachineMemory, type MachineMemory } from '#kernel/memory/machineMemory.ts'
import { cgroupKinds, machineKinds, type MemoryKind, type MemoryKindName } from './memoryKinds.ts'
import { memoryOfNodes, nodesDomainOf, type NodesDomain } from './nodesDomain.ts'
import type { OomCase } from './oomCase.ts'
import { groupProcesses, type ProcessGroup } from './processGroups.ts'
import { formatKib, formatPart, limitOrNone } from './quantity.ts'

/** drivers/tty/sysrq.c, moom_callback: no allocation asked. */
export const SYSRQ_ORDER = -1

/** The rss of 6.2 and later is an approximate sum of per-CPU counters. Source: include/linux/mm.h, get_mm_counter. */
export const APPROXIMATE_RSS_SINCE = 6002

/** What the sections of an explanation have in common, read once from a case. */
export interface OomFacts {
  oomCase: OomCase
  dump: OomDump
  memory: MachineMemory
  stat: CgroupStat
  request: GfpRequest | undefined
  /** log2 of the pages asked for; −1 is a sysrq request. */
  order: number | undefined
  /** `6.18` → 6018; told from the dump's shape where its release was not printed. */
  version: number
  /** 4 where the dump does not give it away. */
  pageKib: number
  /** A memory cgroup's limit was hit, not the machine's memory. */
  isMemcg: boolean
  /** A cpuset's or a memory policy's nodes ran out, not the machine. */
  domain: NodesDomain | undefined
  /** What the event is about: the machine's RAM, its nodes' memory, or the cgroup's limit. Never 0, which nothing is a part of. */
  wholeKib: number | undefined
  /** What processes' memory is a part of: the whole, but of some nodes, since which nodes they have it on is not printed. */
  processWholeKib: number | undefined
  /** What the kinds are parts of: the machine's RAM, its nodes' memory, or the cgroup's usage. */
  kinds: readonly MemoryKind[]
  /** The machine's, whatever the event is about. */
  ramKib: number | undefined
  groups: readonly ProcessGroup[]
  /** The row of a process, by its pid or a thread's. */
  taskOf: (pid: number | undefined) => OomTask | undefined
  /** By the machine's lines, or what the cgroup may use; undefined where not printed. */
  swapTotalKib: number | undefined
  swapFreeKib: number | undefined
}

const NOTHING: OomDump = { cgroup: {}, tasks: [], memoryLines: [] }
const DEFAULT_PAGE_KIB = 4

export function gatherFacts(oomCase: OomCase): OomFacts {
  const dump = oomCase.dump ?? NOTHING
  const memory = parseMachineMemory(dump.memoryLines, oomCase.slabLines)
  const stat = parseCgroupStat(dump.memoryLines)
  const pageKib = dump.pageSizeKib ?? DEFAULT_PAGE_KIB
  const isMemcg = isMemcgCase(oomCase, dump)
  const order = orderOf(dump.trigger?.order)
  const ramKib = wholeOfMachine(memory, pageKib) || undefined
  const domain = isMemcg || order === SYSRQ_ORDER ? undefined : nodesDomainOf(dump, memory)
  const ofNodes = domain?.nodes && memoryOfNodes(memory, domain.nodes)
  const machine = { wholeKib: ramKib, processWholeKib: ramKib, kinds: machineKinds(memory, pageKib) }
  const limitKib = limitOrNone(dump.cgroup.limitKib) || undefined
  const cgroup = { wholeKib: limitKib, processWholeKib: limitKib, kinds: cgroupKinds(stat, dump.cgroup.usageKib) }
  const nodes = { wholeKib: ofNodes?.wholeKib, processWholeKib: undefined, kinds: ofNodes?.kinds ?? [] }
  return {
    oomCase,
    dump,
    memory,
    stat,
    request: parseGfpRequest(dump.trigger, dump.kernelRelease),
    order,
    version: parseKernelVersion(dump.kernelRelease) ?? versionByShape(dump),
    pageKib,
    isMemcg,
    domain,
    ...(isMemcg ? cgroup : domain === undefined ? machine : nodes),
    ramKib,
    groups: groupProcesses(dump.tasks, pageKib),
    taskOf: lookUp(dump.tasks),
    ...(isMemcg ? cgroupSwap(dump) : { swapTotalKib: memory.swapTotalKib, swapFreeKib: memory.swapFreeKib }),
  }
}

function lookUp(tasks: readonly OomTask[]): OomFacts['taskOf'] {
  const byPid = new Map(tasks.map((task) => [task.pid, task]))
  const byTgid = new Map(tasks.map((task) => [task.tgid, task]))
  return (pid) => (pid === undefined ? undefined : (byPid.get(pid) ?? byTgid.get(pid)))
}

/** No kernel has a block of more (arm64 with 64 KiB pages: 13): a larger number was not an order. */
const MAX_ORDER = 20

function orderOf(printed: number | undefined): number | undefined {
  return printed !== undefined && printed >= -1 && printed <= MAX_ORDER ? printed : undefined
}

/** KiB of a kind, 0 where no line tells it. */
export function kibOf(facts: OomFacts, kind: MemoryKindName): number {
  return facts.kinds.find((one) => one.kind === kind)?.kib ?? 0
}

/** `5.9 GiB of 16 GiB (37 %)`, of what the event is about; the size alone where that is not known. */
export function partOf(facts: OomFacts, kib: number): string {
  return facts.wholeKib === undefined ? formatKib(kib) : formatPart(kib, facts.wholeKib, wholeName(facts))
}

/** The same of what processes hold. */
export function processPartOf(facts: OomFacts, kib: number): string {
  return facts.processWholeKib === undefined ? formatKib(kib) : partOf(facts, kib)
}

/** Of the nodes that the event is about: those that may be used, else all. */
export function isAsked({ domain }: OomFacts, { node }: { node: number }): boolean {
  return domain?.nodes?.has(node) ?? true
}

export function wholeName({ isMemcg, domain }: OomFacts): string {
  return isMemcg ? 'limit' : domain === undefined ? 'RAM' : 'nodes’ memory'
}

/**
 * By the kill line's summary first: 5.2-rc prints CONSTRAINT_NONE on a cgroup's kill. Before 5.0 no constraint is
 * printed, but whose limit it was.
 */
function isMemcgCase({ message }: OomCase, { constraint, cgroup }: OomDump): boolean {
  const exhausted = parseExhausted(message)
  if (exhausted !== undefined) return exhausted === 'memcg'
  return constraint === undefined ? cgroup.oom !== undefined : constraint === 'Memcg'
}

/** RAM, else what the zones have. */
function wholeOfMachine({ ramPages, zones }: MachineMemory, pageKib: number): number | undefined {
  if (ramPages !== undefined) return ramPages * pageKib
  return zones.reduce((kib, zone) => kib + (zone.presentKib ?? 0), 0)
}

/** v1 limits memory and swap together, so that what is above memory's limit is swap. */
function cgroupSwap({ cgroup }: OomDump): { swapTotalKib: number | undefined; swapFreeKib: number | undefined } {
  const none = { swapTotalKib: undefined, swapFreeKib: undefined }
  const limit = limitOrNone(cgroup.swapLimitKib)
  if (limit === undefined || cgroup.swapUsageKib === undefined) return none
  const memory = limitOrNone(cgroup.limitKib)
  if (cgroup.swapIncludesMemory !== true)
    return { swapTotalKib: limit, swapFreeKib: Math.max(0, limit - cgroup.swapUsageKib) }
  if (memory === undefined || limit < memory) return none
  const total = limit - memory
  return { swapTotalKib: total, swapFreeKib: Math.min(total, Math.max(0, limit - cgroup.swapUsageKib)) }
}

/** Names came with 4.6; page tables were counted by pages from 3.7, PMDs apart from 4.1, in bytes from 4.15. */
function versionByShape({ trigger, tasks }: OomDump): number {
  const [task] = tasks
  if (task?.rssAnonPages !== undefined) return 6008
  if (task?.pgtablesBytes !== undefined) return 5004
  if (task?.nrPmdsPages !== undefined) return 4008
  if (task?.nrPtesPages !== undefined) return 3010
  if (trigger?.gfpFlags !== undefined) return 5004
  return task === undefined ? 5004 : 2006
}
