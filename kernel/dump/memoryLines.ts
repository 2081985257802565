import { exactInteger } from './number.ts'

/** Numbers of the memory lines that every reader of a dump needs; the lines themselves are kept as printed. */
export interface MemoryNumbers {
  ramPages?: number | undefined
  reservedPages?: number | undefined
  swapTotalKib?: number | undefined
  swapFreeKib?: number | undefined
}

const ZONE = '(?:DMA32|DMA|Normal|HighMem|Movable|Device)'

/**
 * Lines of show_free_areas and show_mem: Mem-Info, nodes, zones, buddy lists, page cache, swap, RAM. A zone has no
 * `Node N` before it on a kernel without NUMA. Sources: mm/show_mem.c (6.3+), mm/page_alloc.c and lib/show_mem.c,
 * arch/x86/mm/pgtable_32.c (2.6).
 */
const MEMORY_LINE = new RegExp(
  [
    '^Mem-[Ii]nfo: *(?:\\n|$)',
    '^ *(?:in)?active_(?:anon|file):',
    '^ *(?:unevictable|free|mapped|slab_reclaimable|sec_pagetables|kernel_misc_reclaimable):\\d',
    '^lowmem_reserve\\[\\]:',
    `^(?:Node \\d+ )?${ZONE}(?: free:|: \\d+\\*|: empty| per-cpu:)`,
    '^Node \\d+ (?:active_anon|hugepages_total)',
    '^CPU +\\d+: (?:Hot: )?hi:',
    '^cpu \\d+ (?:hot|cold): ',
    '^Free pages: +\\d+kB',
    '^ *Active:\\d+ inactive:',
    '^hugepages_total=',
    '^\\d+ (?:total pagecache pages|pagecache pages|pages in swap cache|reserved pages|free pages|slab pages)',
    '^\\d+ pages (?:of )?(?:RAM|HighMem|HIGHMEM|reserved|cma reserved|hwpoisoned|shared|non-shared|swap cached)',
    '^\\d+ pages (?:dirty|writeback|mapped|slab|pagetables)$',
    '^\\d+ pages in pagetable cache',
    '^(?:Free|Total) swap(?: +=|: +\\d+kB)',
    '^Swap cache(?: stats)?:',
  ].join('|'),
)

export function isMemoryLine(text: string): boolean {
  return MEMORY_LINE.test(text)
}

/** Reads one line into `numbers`; the first of a kind counts. */
export function readMemoryNumbers(text: string, numbers: MemoryNumbers): void {
  const match =
    /^(\d+) pages (?:of )?(RAM|reserved)$/.exec(text) ??
    /^(\d+) (reserved) pages$/.exec(text) ??
    /^(Total|Free) swap += (\d+)kB$/.exec(text)
  if (match === null) return
  const [, first, second] = match
  if (first === 'Total') numbers.swapTotalKib ??= exactInteger(second)
  else if (first === 'Free') numbers.swapFreeKib ??= exactInteger(second)
  else if (second === 'RAM') numbers.ramPages ??= exactInteger(first)
  else numbers.reservedPages ??= exactInteger(first)
}

/** A line of memory.stat (5.3+, `anon 4096`); 5.3 to 6.6 print the whole file as one record. */
export function isStatLine(text: string): boolean {
  return /^[a-z][a-z0-9_]{2,40} \d+(?:\n|$)/.test(text)
}

/**
 * Mem-Info is one record with newlines in it. Only what begins as memory information may be taken apart: elsewhere a
 * newline is part of a command. A zone is one line, whoever broke it.
 */
export function splitMemoryRecord(text: string): string[] {
  if (!text.includes('\n')) return [text.trim()]
  const lines = text.split('\n').map((line) => line.trim())
  return /^(?:Node \d+ )?\w+ free:/.test(text) ? [lines.join(' ')] : lines.filter((line) => line !== '')
}
