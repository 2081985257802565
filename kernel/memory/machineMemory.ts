import { exactInteger } from '#kernel/dump/number.ts'
import { parseBuddyLine, type NamedBuddyList } from './buddyList.ts'
import { parseHugepagesLine, type Hugepages } from './hugepages.ts'
import { parseNodeLine, type MemoryNode } from './node.ts'
import { parseAllocationRow, parseSlabRow, type AllocationSite, type SlabCache } from './slabRows.ts'
import { isTotalsLine, readTotals, type MemoryTotals } from './totals.ts'
import { parseLowmemReserve, parseZoneLine, type Zone } from './zone.ts'

/** What a dump's memory lines say of the machine. Whatever was not printed, or was cut, is absent. */
export interface MachineMemory extends MemoryCounts {
  totals: MemoryTotals
  nodes: readonly MemoryNode[]
  /** In the order printed: node by node, within a node from the lowest. */
  zones: readonly Zone[]
  hugepages: readonly Hugepages[]
  slabs: readonly SlabCache[]
  allocations: readonly AllocationSite[]
}

/** Lines of one number: what the words are → field. Source: mm/show_mem.c, __show_mem. */
const COUNTS = [
  [/^(\d+) total pagecache pages$/, 'pagecachePages'],
  [/^(\d+) pages in swap cache$/, 'swapCachePages'],
  [/^(\d+) pages swap cached$/, 'swapCachePages'],
  [/^Total swap += (\d+)kB$/, 'swapTotalKib'],
  [/^Free swap += (\d+)kB$/, 'swapFreeKib'],
  [/^(\d+) pages (?:of )?RAM$/, 'ramPages'],
  [/^(\d+) pages reserved$/, 'reservedPages'],
  [/^(\d+) reserved pages$/, 'reservedPages'],
  [/^(\d+) pages (?:of )?(?:HighMem|HIGHMEM)/, 'highMemPages'],
  [/^(\d+) pages cma reserved$/, 'cmaReservedPages'],
  [/^(\d+) pages hwpoisoned$/, 'hwpoisonedPages'],
] as const

type MemoryCounts = { [Field in (typeof COUNTS)[number][1]]?: number }

/**
 * Reads the memory lines of a dump of any era, each by its shape; lines it does not know are passed over. Never throws.
 * @param memoryLines one line each, un-wrapped, in the order printed
 * @param slabLines rows of the slab table and of "Memory allocations:"
 */
export function parseMachineMemory(memoryLines: readonly string[], slabLines: readonly string[] = []): MachineMemory {
  const totals: MemoryTotals = {}
  const zones: Zone[] = []
  const nodes: MemoryNode[] = []
  const hugepages: Hugepages[] = []
  const counts: MemoryCounts = {}
  const buddies: NamedBuddyList[] = []
  for (const text of memoryLines) {
    const line = text.trim()
    if (isTotalsLine(line)) readTotals(line, totals)
    else if (line.startsWith('lowmem_reserve')) giveReserve(zones, parseLowmemReserve(line))
    else if (!readCount(line, counts)) {
      pushDefined(zones, parseZoneLine(line))
      pushDefined(nodes, parseNodeLine(line))
      pushDefined(buddies, parseBuddyLine(line))
      pushDefined(hugepages, parseHugepagesLine(line))
    }
  }
  giveBuddies(zones, buddies)
  return {
    totals,
    zones,
    nodes,
    hugepages,
    ...counts,
    slabs: slabLines.flatMap((line) => parseSlabRow(line) ?? []),
    allocations: slabLines.flatMap((line) => parseAllocationRow(line) ?? []),
  }
}

/** The list follows its zone; without the zone's line it is nobody's. */
function giveReserve(zones: readonly Zone[], reserve: number[] | undefined): void {
  const zone = zones.at(-1)
  if (zone !== undefined) zone.lowmemReservePages ??= reserve
}

function giveBuddies(zones: readonly Zone[], buddies: readonly NamedBuddyList[]): void {
  const byName = new Map(buddies.toReversed().map((buddy) => [`${buddy.node} ${buddy.name}`, buddy]))
  for (const zone of zones) {
    const named = byName.get(`${zone.node} ${zone.name}`)
    if (named !== undefined) zone.buddy = { blocks: named.blocks, totalKib: named.totalKib }
  }
}

function readCount(line: string, counts: MemoryCounts): boolean {
  for (const [pattern, field] of COUNTS) {
    const value = exactInteger(pattern.exec(line)?.[1])
    if (value === undefined) continue
    counts[field] ??= value
    return true
  }
  return false
}

function pushDefined<T>(list: T[], value: T | undefined): void {
  if (value !== undefined) list.push(value)
}
