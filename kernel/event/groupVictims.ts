import type { OomDump } from '#kernel/dump/oomDump.ts'
import type { OomVictim } from './oomEvent.ts'

/**
 * The victim, if any, that a kill line of a group names once more: the first victim is printed again while it still
 * has its memory, by its own pid or by that of another of its threads, which the task table does not list.
 * Source: mm/oom_kill.c, oom_kill_memcg_member and __oom_kill_process (find_lock_task_mm).
 */
export function findToldVictim<V extends OomVictim>(
  told: readonly V[],
  victim: OomVictim,
  dump: OomDump | undefined,
): V | undefined {
  const same = told.find(({ pid }) => pid === victim.pid)
  if (same !== undefined) return same
  const tasks = dump?.tasks ?? []
  if (tasks.length === 0 || tasks.some(({ pid, tgid }) => pid === victim.pid || tgid === victim.pid)) return undefined
  return told.find((other) => isSameMemory(other, victim))
}

/** Whether a kill line of a group names a process that was named before. */
export function isToldVictim(told: readonly OomVictim[], victim: OomVictim, dump: OomDump | undefined): boolean {
  return findToldVictim(told, victim, dump) !== undefined
}

/** A thread that runs on until its own signal may touch a little more between the two lines (6.1: 184 kB of 55 MB). */
const SAME_WITHIN = 1 / 16

/** Whether two lines are about one memory. */
function isSameMemory(a: OomVictim, b: OomVictim): boolean {
  const [rssOfA, rssOfB] = [rssKib(a), rssKib(b)]
  if (rssOfA === undefined || rssOfB === undefined || a.totalVmKib !== b.totalVmKib) return false
  return Math.abs(rssOfA - rssOfB) <= SAME_WITHIN * Math.max(rssOfA, rssOfB)
}

function rssKib({ anonRssKib, fileRssKib, shmemRssKib }: OomVictim): number | undefined {
  if (anonRssKib === undefined || fileRssKib === undefined || shmemRssKib === undefined) return undefined
  return anonRssKib + fileRssKib + shmemRssKib
}
