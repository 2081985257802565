import type { OomDump } from '#kernel/dump/oomDump.ts'
import type { OomVictim } from './oomEvent.ts'

/**
 * Whether a kill line of a group names a process that was named before: the first victim is printed again while it still
 * has its memory, by its own pid or by that of another of its threads, which the task table does not list.
 * Source: mm/oom_kill.c, oom_kill_memcg_member and __oom_kill_process (find_lock_task_mm).
 */
export function isToldVictim(told: readonly OomVictim[], victim: OomVictim, dump: OomDump | undefined): boolean {
  if (told.some(({ pid }) => pid === victim.pid)) return true
  const tasks = dump?.tasks ?? []
  if (tasks.length === 0 || tasks.some(({ pid, tgid }) => pid === victim.pid || tgid === victim.pid)) return false
  return told.some((other) => FIGURES.every((name) => other[name] !== undefined && other[name] === victim[name]))
}

/** What two lines about one memory have in common. */
const FIGURES = ['totalVmKib', 'anonRssKib', 'fileRssKib', 'shmemRssKib'] as const
