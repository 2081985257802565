import { exactInteger } from '#kernel/dump/number.ts'

/** A cache of the slab allocator, in KiB. */
export interface SlabCache {
  name: string
  usedKib: number
  totalKib: number
}

/** A place in the kernel's source that holds memory (6.10+, CONFIG_MEM_ALLOC_PROFILING). */
export interface AllocationSite {
  bytes: number
  calls: number
  site: string
}

/** `kernfs_node_cache       1200KB       1300KB`. Source: mm/slab_common.c, dump_unreclaimable_slab (4.15+). */
export function parseSlabRow(line: string): SlabCache | undefined {
  const match = /^\s*(\S+)\s+(\d+)KB\s+(\d+)KB\s*$/.exec(line)
  const [usedKib, totalKib] = [exactInteger(match?.[2]), exactInteger(match?.[3])]
  if (match?.[1] === undefined || usedKib === undefined || totalKib === undefined) return undefined
  return { name: match[1], usedKib, totalKib }
}

/** `2147483648   131072 mm/slub.c:2264 func:alloc_slab_page`, the size as bytes or `1.5 GiB`. Source: mm/show_mem.c. */
export function parseAllocationRow(line: string): AllocationSite | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)(?: ?([KMGT]?i?B))?\s+(\d+)\s+(\S+:\d+ .*\S)\s*$/.exec(line)
  const calls = exactInteger(match?.[3])
  const bytes = Math.round(Number(match?.[1]) * unitBytes(match?.[2]))
  if (match?.[4] === undefined || calls === undefined || !Number.isSafeInteger(bytes)) return undefined
  return { bytes, calls, site: match[4] }
}

function unitBytes(unit: string | undefined): number {
  const power = ['B', 'KiB', 'MiB', 'GiB', 'TiB'].indexOf(unit ?? 'B')
  return power < 0 ? 1 : 1024 ** power
}
