/** Memory of the machine; absent what this kernel does not tell. Hugepages are set aside from the rest. */
export interface Meminfo {
  memTotalKib?: number
  memFreeKib?: number
  /** What could be had without swapping (3.14+). */
  memAvailableKib?: number
  swapTotalKib?: number
  swapFreeKib?: number
  /** What vm.overcommit_memory=2 lets be promised; told in the other modes, too, where it binds nothing. */
  commitLimitKib?: number
  /** Promised so far (Committed_AS): what it would take if all were touched. */
  committedKib?: number
  /** In hugepages of all sizes, used or not (4.15+). */
  hugetlbKib?: number
}

/** Printed name → field. */
const FIELDS = {
  MemTotal: 'memTotalKib',
  MemFree: 'memFreeKib',
  MemAvailable: 'memAvailableKib',
  SwapTotal: 'swapTotalKib',
  SwapFree: 'swapFreeKib',
  CommitLimit: 'commitLimitKib',
  Committed_AS: 'committedKib',
  Hugetlb: 'hugetlbKib',
} as const

/**
 * /proc/meminfo:
 *
 *     MemTotal:       16318520 kB
 *     CommitLimit:     8159260 kB
 *
 * Source: fs/proc/meminfo.c, meminfo_proc_show (6.18). Lines that are none of these are passed over.
 */
export function parseMeminfo(text: string): Meminfo {
  const meminfo: Meminfo = {}
  for (const [, name = '', digits] of text.matchAll(/^(\w+): +(\d{1,15}) kB$/gm)) {
    if (Object.hasOwn(FIELDS, name)) meminfo[FIELDS[name as keyof typeof FIELDS]] = Number(digits)
  }
  return meminfo
}
