/** Which limit the kernel said it had hit. Source: mm/oom_kill.c, oom_constraint_text. */
export type OomConstraint = 'None' | 'Cpuset' | 'MemoryPolicy' | 'Memcg'

/** The allocation that could not be served. Source: mm/oom_kill.c, dump_header. */
export interface OomTrigger {
  /** Empty where the kernel named nobody (before 2.6.19). */
  command: string
  pid?: number | undefined
  /** Hexadecimal, as printed: the bits' meaning changes between kernels. */
  gfpMask?: string | undefined
  /** The flags by name where the kernel printed them (4.6+). */
  gfpFlags?: readonly string[] | undefined
  /** log2 of the pages asked for; −1 is a sysrq request. */
  order?: number | undefined
  oomScoreAdj?: number | undefined
  /** −17 to 15, what oom_score_adj was before 2.6.36; printed as oomkilladj at first. */
  oomAdj?: number | undefined
}

/** A row of the task table. Columns differ by kernel and are bound by the header's names. */
export interface OomTask {
  pid: number
  tgid: number
  uid: number
  totalVmPages: number
  rssPages: number
  /** What rss is made of (6.8+). */
  rssAnonPages?: number | undefined
  rssFilePages?: number | undefined
  rssShmemPages?: number | undefined
  /** Page tables in bytes (4.15+). */
  pgtablesBytes?: number | undefined
  /** Page-table pages, PTE level (3.7 to 4.14). */
  nrPtesPages?: number | undefined
  /** Page-table pages, PMD level (4.1 to 4.14). */
  nrPmdsPages?: number | undefined
  swapPages?: number | undefined
  oomScoreAdj?: number | undefined
  /** −17 to 15, on kernels before 3.7. */
  oomAdj?: number | undefined
  command: string
}

/** The cgroups of the kill, as paths below the hierarchy's root. Sources: dump_oom_victim, mem_cgroup_print_oom_meminfo. */
export interface OomCgroup {
  /** Whose limit was hit; absent when it was the machine's memory. */
  oom?: string | undefined
  /** Where the victim was. */
  task?: string | undefined
  usageKib?: number | undefined
  limitKib?: number | undefined
  /** memory.memsw (v1) or memory.swap (v2) maximum. */
  swapUsageKib?: number | undefined
  swapLimitKib?: number | undefined
  /** v1 prints memory and swap together ("memory+swap"), v2 swap alone. */
  swapIncludesMemory?: boolean | undefined
}

/** What the kernel printed of one invocation of the OOM killer, before it acted. */
export interface OomDump {
  /** uname -r, from the CPU line. */
  kernelRelease?: string | undefined
  trigger?: OomTrigger | undefined
  constraint?: OomConstraint | undefined
  /** The constraint as printed, where it is none that we know. */
  constraintName?: string | undefined
  /** NUMA nodes as the kernel lists them (`0-1,3`): of the memory policy, and of the cpuset. */
  nodemask?: string | undefined
  memsAllowed?: string | undefined
  cgroup: OomCgroup
  tasks: readonly OomTask[]
  /** Zone, node, memcg and swap lines, as printed, in order. */
  memoryLines: readonly string[]
  /** Rows of "Unreclaimable slab info:" (4.15+) and of "Memory allocations:" (6.10+), as printed, in order. */
  slabLines?: readonly string[] | undefined
  /** Page size, where the dump gives it away. */
  pageSizeKib?: number | undefined
  ramPages?: number | undefined
  reservedPages?: number | undefined
  swapTotalKib?: number | undefined
  swapFreeKib?: number | undefined
  /** The victim that the `oom-kill:` line announces (5.0+). */
  announcedVictim?: { command: string; pid: number; uid?: number | undefined } | undefined
}
