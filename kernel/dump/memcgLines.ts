import { exactInteger } from './number.ts'
import type { OomCgroup } from './oomDump.ts'

/**
 * What a memory cgroup's lines say of it, to be laid over what is known; undefined for any other line.
 * Sources: mm/memcontrol.c, mem_cgroup_print_oom_meminfo (5.0+), mem_cgroup_print_oom_info (before).
 */
export function parseMemcgLine(text: string): Partial<OomCgroup> | undefined {
  return parseUsage(text) ?? parseKilledIn(text) ?? parseStatsFor(text)
}

/** `memory: usage 32768kB, limit 32768kB, failcnt 59`; `memory+swap:` on v1, `swap:` on v2; `kmem:` is left. */
function parseUsage(text: string): Partial<OomCgroup> | undefined {
  const match = /^(memory|memory\+swap|swap): usage (\d+)kB, limit (\d+)kB/.exec(text)
  if (match === null) return undefined
  const usage = exactInteger(match[2])
  const limit = exactInteger(match[3])
  if (match[1] === 'memory') return { usageKib: usage, limitKib: limit }
  return { swapUsageKib: usage, swapLimitKib: limit, swapIncludesMemory: match[1] === 'memory+swap' }
}

const KILLED_IN = ' killed as a result of limit of '

/** `Task in A killed as a result of limit of B`, before 5.0. */
function parseKilledIn(text: string): Partial<OomCgroup> | undefined {
  if (!text.startsWith('Task in /')) return undefined
  const at = text.indexOf(KILLED_IN)
  return at < 0 ? undefined : { task: text.slice('Task in '.length, at), oom: text.slice(at + KILLED_IN.length) }
}

/** `Memory cgroup stats for A:`, alone on its line (5.3+) or with the figures after it. The first one is the domain. */
function parseStatsFor(text: string): Partial<OomCgroup> | undefined {
  const match = /^Memory cgroup stats for (\/[^:]*):(?: ?cache:|\s*$)/.exec(text)
  return match === null ? undefined : { oom: match[1] }
}
