import type { RankingFacts } from '#contract/rank.ts'
import type { ProcFiles } from '../proc/processFiles.ts'
import { parseSysctl } from '../proc/sysctl.ts'

/** What makes the kernel choose otherwise than by points. */
export type Overruled = NonNullable<RankingFacts['overruledBy']>

/**
 * Sources: mm/oom_kill.c, check_panic_on_oom (at 1 not for a cgroup's limit, at 2 always) and out_of_memory (6.18).
 * @param isLimit a cgroup's limit is hit, not the machine's memory
 */
export function findOverruled(files: ProcFiles, isLimit: boolean): Overruled | undefined {
  const read = (name: string): number => parseSysctl(files.readText(`sys/vm/${name}`) ?? '') ?? 0
  const panicOnOom = read('panic_on_oom')
  if (panicOnOom === 2 || (panicOnOom === 1 && !isLimit)) return 'panicOnOom'
  return !isLimit && read('oom_kill_allocating_task') !== 0 ? 'oomKillAllocatingTask' : undefined
}
