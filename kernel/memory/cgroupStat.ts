import { exactInteger } from '#kernel/dump/number.ts'

/** memory.stat of the cgroup whose limit was hit, by the file's own names, in bytes (counters in their own unit). */
export type CgroupStat = ReadonlyMap<string, number>

/**
 * `anon 409600`, one line each and of the whole hierarchy (5.3+), or `Memory cgroup stats for /a: cache:0KB
 * rss:500000KB …` before, one line for each cgroup of the hierarchy by itself: those are added up.
 * Source: mm/memcontrol.c, mem_cgroup_print_oom_meminfo and mem_cgroup_print_oom_info.
 */
export function parseCgroupStat(memoryLines: readonly string[]): CgroupStat {
  const stat = new Map<string, number>()
  for (const line of memoryLines) {
    if (line.startsWith('Memory cgroup stats for ')) {
      // The path may hold a colon; the figures begin at the cache.
      const figures = line.slice(Math.max(0, line.indexOf(': cache:'), line.indexOf(':cache:')))
      for (const [, name = '', kib] of figures.matchAll(/(?<!\w)(\w+):(\d+)KB/g))
        stat.set(name, (stat.get(name) ?? 0) + (exactInteger(kib) ?? 0) * 1024)
      continue
    }
    const match = /^([a-z][a-z0-9_]{2,40}) (\d+)$/.exec(line)
    const value = exactInteger(match?.[2])
    if (match?.[1] !== undefined && value !== undefined && !stat.has(match[1])) stat.set(match[1], value)
  }
  return stat
}
