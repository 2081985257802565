import { exactInteger } from '#kernel/dump/number.ts'

/** One size of hugetlb pages on one node. Source: mm/hugetlb.c, hugetlb_show_meminfo_node. */
export interface Hugepages {
  node: number
  total: number
  free: number
  surplus: number
  sizeKib: number
}

/** `Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB` (3.10+). */
export function parseHugepagesLine(line: string): Hugepages | undefined {
  const match =
    /^(?:Node (\d+) )?hugepages_total=(\d+) hugepages_free=(\d+) hugepages_surp=(\d+) hugepages_size=(\d+)kB/.exec(line)
  if (match === null) return undefined
  const [node = 0, total, free, surplus, sizeKib] = match.slice(1).map(exactInteger)
  if (total === undefined || free === undefined || surplus === undefined || sizeKib === undefined) return undefined
  // More than can be held exactly is more than there can be.
  if (!Number.isSafeInteger(Math.max(total, free) * sizeKib)) return undefined
  return { node, total, free, surplus, sizeKib }
}
