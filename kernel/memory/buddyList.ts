import { exactInteger } from '#kernel/dump/number.ts'
import type { ZoneName } from '#kernel/gfp/gfpRequest.ts'

/** Free blocks of one size. */
export interface FreeBlocks {
  sizeKib: number
  count: number
  /** Which lists have one: U unmovable, M movable, E reclaimable, H highatomic, C CMA, I isolated, R reserve (to 4.3). */
  types?: string | undefined
}

export interface BuddyList {
  blocks: readonly FreeBlocks[]
  /** As the kernel added it up. */
  totalKib?: number | undefined
}

export interface NamedBuddyList extends BuddyList {
  node: number
  name: ZoneName
}

/**
 * `Node 0 Normal: 1441*4kB (UEM) 3177*8kB … 0*4096kB = 36220kB`, or `HighMem: empty`; the types since 3.9.
 * Source: mm/show_mem.c, show_free_areas and show_migration_types.
 */
export function parseBuddyLine(line: string): NamedBuddyList | undefined {
  const match = /^(?:Node (\d+) )?(DMA|DMA32|Normal|HighMem|Movable|Device): (?=\d+\*|empty)/.exec(line)
  const node = exactInteger(match?.[1] ?? '0')
  if (match === null || node === undefined) return undefined
  const rest = line.slice(match[0].length)
  const blocks: FreeBlocks[] = []
  for (const [, count, size, types] of rest.matchAll(/(?<!\d)(\d+)\*(\d+)kB(?: \(([A-Z]+)\))?/g)) {
    const [known, sizeKib] = [exactInteger(count), exactInteger(size)]
    if (known !== undefined && sizeKib !== undefined) blocks.push({ sizeKib, count: known, types })
  }
  return {
    node,
    name: match[2] as ZoneName,
    blocks,
    totalKib: exactInteger(/ = (\d+)kB/.exec(rest)?.[1]),
  }
}
