import type { NodeSettings } from './nodeSettings.ts'

/** What the zones keep free, in KiB, over all of them. */
export interface Reserve {
  minKib: number
  /** Below this kswapd starts. */
  lowKib: number
  highKib: number
  /** What lower zones keep from requests that may use every zone (lowmem_reserve). */
  protectedKib: number
  /**
   * Free when ordinary requests get nothing any more: they may take a zone down to its `min` and what it protects. Requests of
   * the kernel's that cannot wait go below that for a moment.
   */
  freeAtKillKib: number
}

/**
 * Sources: mm/page_alloc.c, __zone_watermark_ok (`free <= min + lowmem_reserve[highest zone]` is refused) and
 * __setup_per_zone_wmarks (6.18).
 * @returns undefined where the zones are not known
 */
export function resolveReserve({ zones, pageKib }: NodeSettings): Reserve | undefined {
  if (zones.length === 0) return undefined
  const sum = { minPages: 0, lowPages: 0, highPages: 0, protectedPages: 0, freeAtKillPages: 0 }
  for (const { minPages, lowPages, highPages, managedPages, protectionPages } of zones) {
    // By the highest zone: what ordinary processes ask for. It grows with the zones above.
    const protection = protectionPages.at(-1) ?? 0
    sum.minPages += minPages
    sum.lowPages += lowPages
    sum.highPages += highPages
    sum.protectedPages += Math.min(protection, managedPages)
    sum.freeAtKillPages += Math.min(minPages + protection, managedPages)
  }
  return {
    minKib: sum.minPages * pageKib,
    lowKib: sum.lowPages * pageKib,
    highKib: sum.highPages * pageKib,
    protectedKib: sum.protectedPages * pageKib,
    freeAtKillKib: sum.freeAtKillPages * pageKib,
  }
}
