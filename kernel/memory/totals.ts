import { readFigures } from './figures.ts'

/** Printed name → field. Source: mm/show_mem.c, show_free_areas (6.3+); mm/page_alloc.c before. */
const FIELDS = {
  active_anon: 'activeAnonPages',
  inactive_anon: 'inactiveAnonPages',
  isolated_anon: 'isolatedAnonPages',
  active_file: 'activeFilePages',
  inactive_file: 'inactiveFilePages',
  isolated_file: 'isolatedFilePages',
  unevictable: 'unevictablePages',
  dirty: 'dirtyPages',
  writeback: 'writebackPages',
  unstable: 'unstablePages',
  slab_reclaimable: 'slabReclaimablePages',
  slab_unreclaimable: 'slabUnreclaimablePages',
  mapped: 'mappedPages',
  shmem: 'shmemPages',
  pagetables: 'pagetablesPages',
  sec_pagetables: 'secPagetablesPages',
  bounce: 'bouncePages',
  kernel_misc_reclaimable: 'kernelMiscReclaimablePages',
  free: 'freePages',
  free_pcp: 'freePcpPages',
  free_cma: 'freeCmaPages',
  // 2.6 to 2.6.27: one list for anonymous and file pages, and one slab.
  Active: 'activePages',
  inactive: 'inactivePages',
  slab: 'slabPages',
} as const

/** The machine's memory by kind, in pages. Anonymous lists hold shmem too: both are backed by swap. */
export type MemoryTotals = { [Field in (typeof FIELDS)[keyof typeof FIELDS]]?: number }

/** The lines of Mem-Info's head, in however many pieces they were printed. */
export function isTotalsLine(line: string): boolean {
  return (
    !/^(?:Node \d+ )?\w+ (?:free|per-cpu):/.test(line) &&
    /^ *(?:(?:in)?active_(?:anon|file)|Active|unevictable|free|mapped|slab|slab_reclaimable|sec_pagetables|kernel_misc_reclaimable|bounce|shmem|isolated_file):\d/.test(
      line,
    )
  )
}

/** Reads one line into `totals`; the first of a kind counts. */
export function readTotals(line: string, totals: MemoryTotals): void {
  for (const [name, value] of readFigures(line, '')) {
    if (name in FIELDS) totals[FIELDS[name as keyof typeof FIELDS]] ??= value
  }
}
