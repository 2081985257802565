import { byteTable, isDigit } from '#kernel/ascii.ts'
import { exactInteger } from './number.ts'
import { compileStarts, DIGITS } from './startPatterns.ts'

/** Numbers of the memory lines that every reader of a dump needs; the lines themselves are kept as printed. */
export interface MemoryNumbers {
  ramPages?: number | undefined
  reservedPages?: number | undefined
  swapTotalKib?: number | undefined
  swapFreeKib?: number | undefined
}

const ZONE = '(?:DMA32|DMA|Normal|HighMem|Movable|Device)(?: free:|: \\d+\\*|: empty| per-cpu:)'

/**
 * Lines of show_free_areas and show_mem: Mem-Info, nodes, zones, buddy lists, page cache, swap, RAM. A zone has no
 * `Node N` before it on a kernel without NUMA. Sources: mm/show_mem.c (6.3+), mm/page_alloc.c and lib/show_mem.c,
 * arch/x86/mm/pgtable_32.c (2.6).
 */
export const isMemoryLine = compileStarts([
  ['M', 'Mem-[Ii]nfo: *(?:\\n|$)'],
  [' ia', ' *(?:in)?active_(?:anon|file):'],
  [' ufmsk', ' *(?:unevictable|free|mapped|slab_reclaimable|sec_pagetables|kernel_misc_reclaimable):\\d'],
  ['l', 'lowmem_reserve\\[\\]:'],
  ['DNHM', ZONE],
  ['N', `Node \\d+ (?:${ZONE}|active_anon|hugepages_total)`],
  ['C', 'CPU +\\d+: (?:Hot: )?hi:'],
  ['c', 'cpu \\d+ (?:hot|cold): '],
  ['F', 'Free pages: +\\d+kB'],
  [' A', ' *Active:\\d+ inactive:'],
  ['h', 'hugepages_total='],
  [DIGITS, '\\d+ (?:total pagecache|pagecache|reserved|free|slab) pages|\\d+ pages in (?:swap|pagetable) cache'],
  [DIGITS, '\\d+ pages (?:of )?(?:RAM|HighMem|HIGHMEM|reserved|cma reserved|hwpoisoned|shared|non-shared|swap cached)'],
  [DIGITS, '\\d+ pages (?:dirty|writeback|mapped|slab|pagetables)$'],
  ['FT', '(?:Free|Total) swap(?: +=|: +\\d+kB)'],
  ['S', 'Swap cache(?: stats)?:'],
])

/** Reads one line into `numbers`; the first of a kind counts. */
export function readMemoryNumbers(text: string, numbers: MemoryNumbers): void {
  switch (text.charCodeAt(text.length - 1)) {
    case 0x42: // B
      return readSwap(text, numbers)
    case 0x4d: // M
    case 0x64: // d
    case 0x73: // s
      return readPages(text, numbers)
    default:
  }
}

function readSwap(text: string, numbers: MemoryNumbers): void {
  const match = /^(Total|Free) swap += (\d+)kB$/.exec(text)
  if (match === null) return
  if (match[1] === 'Total') numbers.swapTotalKib ??= exactInteger(match[2])
  else numbers.swapFreeKib ??= exactInteger(match[2])
}

function readPages(text: string, numbers: MemoryNumbers): void {
  const match = /^(\d+) (?:pages (?:of )?(RAM|reserved)|(reserved) pages)$/.exec(text)
  if (match === null) return
  if (match[2] === 'RAM') numbers.ramPages ??= exactInteger(match[1])
  else numbers.reservedPages ??= exactInteger(match[1])
}

/** A line of memory.stat (5.3+, `anon 4096`); 5.3 to 6.6 print the whole file as one record. */
export const STAT_LINE = /^[a-z][a-z0-9_]{2,40} \d+(?:\n|$)/

/** The same from bytes, since no other line is as frequent. @returns where its number ends; 0 where it is none */
export function endOfStat(bytes: Buffer, start: number, end: number): number {
  if (!isLower(bytes[start])) return 0
  let at = start + 1
  while (at < end && STAT_NAME[bytes[at] ?? 0] === 1) at++
  if (at < start + 3 || at > start + 41 || bytes[at] !== 0x20) return 0
  const digits = ++at
  while (at < end && isDigit(bytes[at])) at++
  return at > digits && (at === end || bytes[at] === 0x0a) ? at : 0
}

function isLower(byte = 0): boolean {
  return byte >= 0x61 && byte <= 0x7a
}

const STAT_NAME = byteTable(/[a-z0-9_]/)

/**
 * Mem-Info is one record with newlines in it. Only what begins as memory information may be taken apart: elsewhere a
 * newline is part of a command. A zone is one line, whoever broke it.
 */
export function splitMemoryRecord(text: string): string[] {
  if (!text.includes('\n')) return [text.trim()]
  const lines = text.split('\n').map((line) => line.trim())
  return /^(?:Node \d+ )?\w+ free:/.test(text) ? [lines.join(' ')] : lines.filter((line) => line !== '')
}
