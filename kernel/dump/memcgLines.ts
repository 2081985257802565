import { exactInteger } from './number.ts'
import type { OomCgroup } from './oomDump.ts'

const TASK_IN = 'Task in '
const KILLED_IN = ' killed as a result of limit of '

/** Without what stood before it: see readKilledIn. */
const KILLED_PIECE = /^ ?killed as a result of limit of /
const USAGE = /^(?:memory|memory\+swap|swap|kmem): usage \d/

/** Lines about a memory cgroup: those that readMemcgLine reads, and `kmem:` and `Memory cgroup min` beside them. */
export function isMemcgLine(text: string): boolean {
  switch (text.charCodeAt(0)) {
    case 0x4d: // M
      return text.startsWith('Memory cgroup stats for ') || text.startsWith('Memory cgroup min ')
    case 0x54: // T
      return text.startsWith('Task in /') && (text.includes(KILLED_IN) || text.indexOf(' ', TASK_IN.length) < 0)
    case 0x6b: // k
      return USAGE.test(text) || text.startsWith(KILLED_IN.trimStart())
    case 0x6d: // m
    case 0x73: // s
      return USAGE.test(text)
    default:
      return false
  }
}

/**
 * Reads what such a line says of its cgroup; the first of a kind counts.
 * Sources: mm/memcontrol.c, mem_cgroup_print_oom_meminfo (5.0+), mem_cgroup_print_oom_info (before).
 */
export function readMemcgLine(text: string, cgroup: OomCgroup): void {
  if (text.startsWith(TASK_IN)) readKilledIn(text, cgroup)
  else if (KILLED_PIECE.test(text)) cgroup.oom ??= /\/.*$/s.exec(text)?.[0]
  else if (text.startsWith('Memory cgroup ')) readStatsFor(text, cgroup)
  else readUsage(text, cgroup)
}

/** `memory: usage 32768kB, limit 32768kB, failcnt 59`; `memory+swap:` on v1, `swap:` on v2; `kmem:` is left. */
function readUsage(text: string, cgroup: OomCgroup): void {
  const match = /^(memory|memory\+swap|swap): usage (\d+)kB, limit (\d+)kB/.exec(text)
  if (match === null) return
  const usage = exactInteger(match[2])
  const limit = exactInteger(match[3])
  if (match[1] === 'memory') {
    cgroup.usageKib ??= usage
    cgroup.limitKib ??= limit
    return
  }
  cgroup.swapUsageKib ??= usage
  cgroup.swapLimitKib ??= limit
  cgroup.swapIncludesMemory ??= match[1] === 'memory+swap'
}

/**
 * `Task in A killed as a result of limit of B`, before 5.0; from 3.15 to 3.19 with a newline in front of ` killed`, which
 * makes two records of it, and more where others print.
 */
function readKilledIn(text: string, cgroup: OomCgroup): void {
  const at = text.indexOf(KILLED_IN)
  cgroup.task ??= text.slice(TASK_IN.length, at < 0 ? text.length : at)
  if (at >= 0) cgroup.oom ??= text.slice(at + KILLED_IN.length)
}

/** `Memory cgroup stats for A:`, alone on its line (5.3+) or with the figures after it. The first one is the domain. */
function readStatsFor(text: string, cgroup: OomCgroup): void {
  cgroup.oom ??= /^Memory cgroup stats for (\/[^:]*):(?: ?cache:|\s*?(?:\n|$))/.exec(text)?.[1]
}
