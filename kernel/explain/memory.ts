import type { OomTask } from '#kernel/dump/oomDump.ts'
import type { AllocationSite, SlabCache } from '#kernel/memory/slabRows.ts'
import type { OomFacts } from './facts.ts'
import { isAsked, kibOf, wholeName } from './facts.ts'
import type { Finding } from './findings/finding.ts'
import { findAll } from './findings/findings.ts'
import { KIND_NAMES, sumKnown, type MemoryKind } from './memoryKinds.ts'
import type { ProcessGroup } from './processGroups.ts'
import { formatCount, formatKib, formatPart, formatShare } from './quantity.ts'
import { state, type Statement } from './statement.ts'

/** Where the memory went. */
export interface MemorySection {
  /** What the kinds are parts of: RAM, the memory of the nodes that may be used, or the cgroup's usage, in KiB. */
  wholeKib?: number | undefined
  /** What the processes are parts of: the same, but of some nodes, since which nodes a process is on is not printed. */
  processWholeKib?: number | undefined
  kinds: readonly MemoryKind[]
  /** By command, the largest first. */
  processes: readonly ProcessGroup[]
  /** What the table lists of a process: an old one has no swap and no page tables. */
  counted: readonly string[]
  swapTotalKib?: number | undefined
  swapFreeKib?: number | undefined
  swapCacheKib?: number | undefined
  mlockedKib?: number | undefined
  /** The largest first. */
  slabs: readonly SlabCache[]
  allocations: readonly AllocationSite[]
  findings: readonly Finding[]
  statements: readonly Statement[]
}

/** Rows of the kernel's own tables that are worth showing. */
const TOP_ROWS = 10

export function explainMemory(facts: OomFacts): MemorySection {
  const { memory, dump, pageKib } = facts
  return {
    wholeKib: wholeOfKinds(facts),
    processWholeKib: facts.domain === undefined ? wholeOfKinds(facts) : undefined,
    kinds: facts.kinds,
    processes: facts.groups,
    counted: countedIn(dump.tasks),
    swapTotalKib: facts.swapTotalKib,
    swapFreeKib: facts.swapFreeKib,
    swapCacheKib: memory.swapCachePages === undefined ? undefined : memory.swapCachePages * pageKib,
    mlockedKib: mlockedKibOf(facts),
    slabs: memory.slabs.toSorted((a, b) => b.totalKib - a.totalKib).slice(0, TOP_ROWS),
    allocations: memory.allocations.toSorted((a, b) => b.bytes - a.bytes).slice(0, TOP_ROWS),
    findings: findAll(facts),
    statements: [
      ...largestStatement(facts),
      ...processStatement(facts),
      ...swapStatement(facts),
      ...lockedStatement(facts),
    ],
  }
}

function wholeOfKinds({ isMemcg, dump, wholeKib }: OomFacts): number | undefined {
  return isMemcg ? dump.cgroup.usageKib || undefined : wholeKib
}

function largestStatement(facts: OomFacts): Statement[] {
  const wholeKib = wholeOfKinds(facts)
  const largest = facts.kinds.toSorted((a, b) => b.kib - a.kib)[0]
  if (largest === undefined || wholeKib === undefined)
    return [state('The dump does not say what the memory was used for.')]
  const unaccounted = kibOf(facts, 'unaccounted')
  const rest =
    unaccounted === 0 ? '' : ` No line accounts for ${formatKib(unaccounted)} (${formatShare(unaccounted, wholeKib)}).`
  return [
    state(
      `The largest part is ${KIND_NAMES[largest.kind]}: ${formatPart(largest.kib, wholeKib, facts.isMemcg ? 'usage' : wholeName(facts))}.${rest}`,
      { kind: largest.kind, kib: largest.kib, wholeKib, unaccountedKib: unaccounted },
    ),
    ...slabOfNodesStatement(facts, wholeKib),
  ]
}

/** Since 4.13 slab is counted for each node, and not printed so. Source: mm/show_mem.c, show_free_areas. */
function slabOfNodesStatement(facts: OomFacts, wholeKib: number): Statement[] {
  const kib = kibOf(facts, 'slabOrUnaccounted')
  if (kib === 0) return []
  const text = `How much of these nodes is kernel slab is not printed: ${formatPart(kib, wholeKib, wholeName(facts))} is slab, or stands in no line.`
  return [state(text, { slabOrUnaccountedKib: kib, wholeKib })]
}

function countedIn(tasks: readonly OomTask[]): string[] {
  const lists = (column: keyof OomTask) => tasks.some((task) => task[column] !== undefined)
  return [
    'resident',
    ...(lists('swapPages') ? ['swap'] : []),
    ...(lists('nrPtesPages') || lists('pgtablesBytes') ? ['page tables'] : []),
  ]
}

function processStatement({ groups, dump, domain }: OomFacts): Statement[] {
  const [largest] = groups
  if (largest === undefined) return [state('The dump has no task table: which processes held memory is not known.')]
  const processes = dump.tasks.length
  const heldKib = groups.reduce((kib, group) => kib + group.heldKib, 0)
  const where = domain === undefined ? '' : ', on which nodes is not printed'
  const all = `${formatCount(processes, 'process', 'processes')} held ${formatKib(heldKib)}${where}`
  const figures = { processes, heldKib, largestHeldKib: largest.heldKib, largestProcesses: largest.processes }
  if (groups.length === 1) return [state(`${all}: ${largest.command}.`, figures)]
  const most = `${formatKib(largest.heldKib)} in ${formatCount(largest.processes, 'process', 'processes')}`
  return [state(`${all}, what they share counted for each; the most is held by ${largest.command}: ${most}.`, figures)]
}

function swapStatement({ swapTotalKib, swapFreeKib, isMemcg }: OomFacts): Statement[] {
  if (swapTotalKib === undefined || swapFreeKib === undefined || swapTotalKib === 0) return []
  const usedKib = swapTotalKib - swapFreeKib
  if (usedKib < 0) return [state('More swap is said to be free than there is.', { swapTotalKib, swapFreeKib })]
  const whose = isMemcg ? 'Swap that the cgroup may use' : 'Swap'
  return [
    state(
      `${whose}: ${formatKib(usedKib)} of ${formatKib(swapTotalKib)} used (${formatShare(usedKib, swapTotalKib)}).`,
      {
        swapTotalKib,
        swapFreeKib,
      },
    ),
  ]
}

function mlockedKibOf(facts: OomFacts): number | undefined {
  const zones = facts.memory.zones.filter((zone) => isAsked(facts, zone))
  return sumKnown(zones.map(({ mlockedKib }) => mlockedKib))
}

function lockedStatement(facts: OomFacts): Statement[] {
  const mlockedKib = mlockedKibOf(facts) ?? 0
  if (mlockedKib === 0) return []
  return [state(`${formatKib(mlockedKib)} is locked in memory (mlock).`, { mlockedKib })]
}
