/** What a cgroup's usage is made of, with that of the cgroups below, in KiB. */
export interface MemoryStat {
  anonKib?: number
  /** Page cache, with that of tmpfs and shared memory. */
  fileKib?: number
  shmemKib?: number
  /** The kernel's own (v2). */
  slabKib?: number
  kernelStackKib?: number
  pgtablesKib?: number
  sockKib?: number
}

/** Printed name → field: v2's, and v1's sums, whose names v2 does not have. */
const FIELDS = {
  anon: 'anonKib',
  file: 'fileKib',
  shmem: 'shmemKib',
  slab: 'slabKib',
  kernel_stack: 'kernelStackKib',
  pagetables: 'pgtablesKib',
  sock: 'sockKib',
  total_rss: 'anonKib',
  total_cache: 'fileKib',
  total_shmem: 'shmemKib',
} as const

/**
 * memory.stat, in bytes. v1 prints `shmem` of the cgroup alone before `total_shmem`: the last that is printed counts.
 * Sources: mm/memcontrol.c, memory_stats (v2); mm/memcontrol-v1.c, memcg1_stat_format (6.18).
 */
export function parseMemoryStat(text: string): MemoryStat {
  const stat: MemoryStat = {}
  for (const [, name = '', digits] of text.matchAll(/^(\w+) (\d{1,16})$/gm)) {
    if (Object.hasOwn(FIELDS, name)) stat[FIELDS[name as keyof typeof FIELDS]] = Math.floor(Number(digits) / 1024)
  }
  return stat
}
