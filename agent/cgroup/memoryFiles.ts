/** The files of the hierarchy that holds memory cgroups, by their path below its root. */
export interface CgroupFiles {
  /**
   * @param path from the root, which is `/`
   * @returns undefined when the file is not there: neither is its cgroup, or this kernel has no such file
   */
  readText(path: string): string | undefined
}

/** Whether there is such a hierarchy at all: its root lists processes, too. */
export function hasHierarchy(files: CgroupFiles): boolean {
  return files.readText('/cgroup.procs') !== undefined
}

export interface MemoryLimits {
  /** Undefined without a limit of its own. */
  limitKib: number | undefined
  /** Undefined without a limit, and where swap is not accounted. */
  swapLimitKib: number | undefined
  /** cgroup v1: swapLimitKib is for memory and swap together. */
  swapIncludesMemory: boolean
  /** What is charged now. */
  usageKib: number
}

/** Of the first file there: v2, then v1 (mm/memcontrol-v1.c, mem_cgroup_legacy_files). */
const LIMIT = ['memory.max', 'memory.limit_in_bytes'] as const
const USAGE = ['memory.current', 'memory.usage_in_bytes'] as const
const [SWAP_V2, SWAP_V1] = ['memory.swap.max', 'memory.memsw.limit_in_bytes'] as const
/** v1 prints "no limit" as the most pages that a long can count: a page or more below 2^63. */
const NO_LIMIT_BYTES = 2 ** 62

/**
 * The limits that a cgroup has itself; those of its ancestors hold as well (readNearestLimit).
 * Sources: Documentation/admin-guide/cgroup-v2.rst, "Memory Interface Files"; cgroup-v1/memory.rst.
 * @returns undefined where there is no such cgroup, and for the root, which has no limit
 */
export function readMemoryLimits(files: CgroupFiles, cgroupPath: string): MemoryLimits | undefined {
  const read = (name: string): string | undefined => files.readText(`${cgroupPath}/${name}`)
  const v2 = read(LIMIT[0])
  const limit = v2 ?? read(LIMIT[1])
  if (limit === undefined) return undefined
  const swap = read(v2 === undefined ? SWAP_V1 : SWAP_V2)
  return {
    limitKib: parseLimitKib(limit),
    swapLimitKib: swap === undefined ? undefined : parseLimitKib(swap),
    swapIncludesMemory: v2 === undefined,
    usageKib: parseLimitKib(read(v2 === undefined ? USAGE[1] : USAGE[0]) ?? '') ?? 0,
  }
}

export interface NearestLimit extends MemoryLimits {
  /** The cgroup that has it. */
  cgroupPath: string
  limitKib: number
}

/** The limit that a cgroup meets first: its own, else that of its nearest ancestor that has one. */
export function readNearestLimit(files: CgroupFiles, cgroupPath: string): NearestLimit | undefined {
  for (const path of selfAndAncestors(cgroupPath)) {
    const limits = readMemoryLimits(files, path)
    if (limits?.limitKib !== undefined) return { ...limits, limitKib: limits.limitKib, cgroupPath: path }
  }
  return undefined
}

/**
 * The cgroup whose processes all go with a victim (memory.oom.group, v2): the highest from its own up to the domain's that
 * asks for it. Source: mm/memcontrol.c, mem_cgroup_get_oom_group (6.18).
 * @param domainPath undefined: the machine ran out
 */
export function readGroupKill(
  files: CgroupFiles,
  victimPath: string,
  domainPath: string | undefined,
): string | undefined {
  let group: string | undefined
  for (const path of selfAndAncestors(victimPath)) {
    if (files.readText(`${path}/memory.oom.group`)?.trim() === '1') group = path
    if (path === domainPath) break
  }
  return group
}

/** `/a/b` → `/a/b`, `/a`; the root, which has no limits, is left out. */
function selfAndAncestors(cgroupPath: string): string[] {
  const segments = cgroupPath.split('/').filter(Boolean)
  return segments.map((_, at) => `/${segments.slice(0, segments.length - at).join('/')}`)
}

/** Undefined for `max`, for v1's way to say it, and for what is no number. */
function parseLimitKib(text: string): number | undefined {
  const bytes = /^\d{1,20}\n?$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
  return bytes >= NO_LIMIT_BYTES ? undefined : Math.floor(bytes / 1024)
}
