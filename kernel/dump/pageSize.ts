import type { OomTask, OomDump } from './oomDump.ts'

/** `Node 0 DMA: 1*4kB (U) 0*8kB …`: order 0 comes first. Source: mm/show_mem.c, show_free_areas. */
const BUDDY_LIST = /^(?:Node \d+ )?\w+: \d+\*(\d{1,4})kB\b/

/**
 * The page size from what the dump says twice: the victim's size in kB (kill line) and in pages (table), else from the
 * smallest block of a buddy list, else free memory of the machine and of its zones.
 * @returns KiB, undefined where it cannot be told
 */
export function inferPageSizeKib(
  tasks: readonly OomTask[],
  memoryLines: readonly string[],
  victim: { pid: number; totalVmKib?: number | undefined } | undefined,
): OomDump['pageSizeKib'] {
  if (victim?.totalVmKib !== undefined) {
    const row = tasks.find((task) => task.pid === victim.pid || task.tgid === victim.pid)
    const size = row === undefined ? undefined : pageSizeOf(victim.totalVmKib / row.totalVmPages, 0)
    if (size !== undefined) return size
  }
  for (const line of memoryLines) {
    const smallest = BUDDY_LIST.exec(line)?.[1]
    if (smallest !== undefined) return pageSizeOf(Number(smallest), 0)
  }
  let freePages: number | undefined
  let zonesFreeKib = 0
  for (const line of memoryLines) {
    const zone = /^(?:Node \d+ )?\w+ free:(\d+)kB/.exec(line)?.[1]
    if (zone !== undefined) zonesFreeKib += Number(zone)
    else freePages ??= optionalNumber(/(?:^| )free:(\d+)(?: |$)/.exec(line)?.[1])
  }
  // Both are counted while memory changes hands.
  return freePages === undefined ? undefined : pageSizeOf(zonesFreeKib / freePages, 0.1)
}

function pageSizeOf(ratio: number, tolerance: number): number | undefined {
  const size = 2 ** Math.round(Math.log2(ratio))
  return size >= 4 && size <= 1024 && Math.abs(ratio - size) <= size * tolerance ? size : undefined
}

function optionalNumber(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits)
}
