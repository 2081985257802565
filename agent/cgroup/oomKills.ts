import { parseOomKillCount } from '../proc/vmstat.ts'
import type { CgroupFiles } from './memoryFiles.ts'

/** v2 (5.2+), then v1 (4.13+). */
const COUNTS = ['memory.events.local', 'memory.oom_control'] as const

/**
 * How many processes of this very cgroup, without those below it, the OOM killer has taken.
 * Source: mm/memcontrol.c, memcg_memory_event (6.18).
 * @returns undefined when the cgroup is gone, and where the kernel does not count so.
 */
export function readOomKills(files: CgroupFiles, cgroupPath: string): number | undefined {
  for (const file of COUNTS) {
    const count = parseOomKillCount(files.readText(`${cgroupPath}/${file}`) ?? '')
    if (count !== undefined) return count
  }
  return undefined
}
