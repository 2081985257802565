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
    const digits = /^oom_kill (\d{1,15})$/m.exec(files.readText(`${cgroupPath}/${file}`) ?? '')?.[1]
    if (digits !== undefined) return Number(digits)
  }
  return undefined
}
