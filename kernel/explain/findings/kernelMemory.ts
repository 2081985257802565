import { kibOf, partOf, type OomFacts } from '../facts.ts'
import { formatKib } from '../quantity.ts'
import { state } from '../statement.ts'
import type { FindingCheck } from './finding.ts'

/** Shares of the whole from which on a kind is what the memory went to, rather than a part of any machine. */
const SLAB_SHARE = 0.25
const PAGE_TABLE_SHARE = 0.1
const UNACCOUNTED_SHARE = 0.25

/** Slab that cannot be reclaimed is the kernel's own, and no kill gives it back. With more processes’ memory than that, it is theirs. */
export const kernelSlabLeak: FindingCheck = {
  name: 'kernel slab leak',
  find(facts) {
    const kib = kibOf(facts, 'slabUnreclaimable')
    const whole = wholeFor(facts, kib, SLAB_SHARE)
    if (whole === undefined || kib < kibOf(facts, 'anonymous')) return undefined
    // The table is the machine’s.
    const slabs = facts.domain === undefined ? facts.memory.slabs : []
    const largest = slabs.toSorted((a, b) => b.totalKib - a.totalKib)[0]
    const most = largest === undefined ? '' : `, ${formatKib(largest.totalKib)} of it ${largest.name}`
    return state(
      `${formatKib(kib)} of ${formatKib(whole)} is unreclaimable kernel slab${most}: no kill gives that back.`,
      {
        slabUnreclaimableKib: kib,
        wholeKib: whole,
        share: kib / whole,
      },
    )
  },
}

/** Address space that is touched sparsely, or shared by many, costs page tables. */
export const pageTableBloat: FindingCheck = {
  name: 'page-table bloat',
  find(facts) {
    const kib = kibOf(facts, 'pageTables')
    const whole = wholeFor(facts, kib, PAGE_TABLE_SHARE)
    if (whole === undefined) return undefined
    return state(`${partOf(facts, kib)} is page tables.`, {
      pageTablesKib: kib,
      wholeKib: whole,
    })
  },
}

/** Drivers that take pages directly, balloons and vmalloc stand in no line. */
export const unaccountedMemory: FindingCheck = {
  name: 'memory that no line accounts for',
  find(facts) {
    const kib = kibOf(facts, 'unaccounted')
    const whole = facts.isMemcg ? undefined : wholeFor(facts, kib, UNACCOUNTED_SHARE)
    if (whole === undefined) return undefined
    return state(`${partOf(facts, kib)} stands in no line: a driver, a balloon or vmalloc may hold it.`, {
      unaccountedKib: kib,
      wholeKib: whole,
    })
  },
}

/** The whole, if this is at least a share of it. */
function wholeFor({ wholeKib }: OomFacts, kib: number, share: number): number | undefined {
  return wholeKib !== undefined && kib >= wholeKib * share ? wholeKib : undefined
}
