import { memcgTotalPages } from '#kernel/badness/badness.ts'
import type { MemoryLimits } from '../cgroup/memoryFiles.ts'
import type { Machine } from './weight.ts'

/** What a score is a share of inside a cgroup with this limit. Without one for swap, what swap the machine has. */
export function cgroupTotalKib(limit: MemoryLimits, { pageSizeKib, swapTotalKib }: Machine): number | undefined {
  const limits = { ...limit, swapLimitKib: limit.swapLimitKib ?? Number.POSITIVE_INFINITY }
  const pages = memcgTotalPages(limits, pageSizeKib, Math.floor(swapTotalKib / pageSizeKib))
  return pages === undefined ? undefined : pages * pageSizeKib
}
