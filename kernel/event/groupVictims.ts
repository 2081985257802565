import type { OomDump } from '#kernel/dump/oomDump.ts'
import type { OomVictim } from './oomEvent.ts'

/**
 * The victims of one event, to know those that a kill line names once more: a group's first victim is printed again while
 * it still has its memory, by its own pid or by that of another of its threads, which the task table does not list. So is any
 * other whose first thread ends before the rest: the kernel comes by it once more among the dying.
 * A group may be thousands: each victim is looked up, not compared with all others.
 * Source: mm/oom_kill.c, oom_kill_memcg_member and __oom_kill_process (find_lock_task_mm); kernel/cgroup/cgroup.c,
 * css_task_iter_advance (6.12).
 */
export class GroupVictims<V extends OomVictim = OomVictim> {
  /** In the order of their kill lines. */
  readonly told: V[] = []
  readonly #byPid = new Map<number, V>()
  /** Of those with the same total-vm the last one: workers that are alike are so in the rest too. */
  readonly #byTotalVm = new Map<number, V>()
  #listed: ReadonlySet<number> | undefined

  /**
   * @param dump the event's, which is not kept
   * @returns the victim that was told before and is named again
   */
  find(victim: OomVictim, dump: OomDump | undefined): V | undefined {
    const same = this.#byPid.get(victim.pid)
    if (same !== undefined) return same
    const known = [this.told[0], this.#byTotalVm.get(victim.totalVmKib ?? -1)]
    const before = known.find((one) => one !== undefined && isSameMemory(one, victim))
    if (before === undefined || dump === undefined) return undefined
    this.#listed ??= listedPids(dump)
    return this.#listed.size === 0 || this.#listed.has(victim.pid) ? undefined : before
  }

  add(victim: V): void {
    this.told.push(victim)
    this.#byPid.set(victim.pid, victim)
    if (victim.totalVmKib !== undefined) this.#byTotalVm.set(victim.totalVmKib, victim)
  }
}

/** Processes of the task table, by their own pid and by that of the group. */
export function listedPids(dump: OomDump | undefined): ReadonlySet<number> {
  return new Set(dump?.tasks.flatMap(({ pid, tgid }) => [pid, tgid]))
}

/** Whether a pid is one of them: for a single question no set is made. */
export function isListed(dump: OomDump | undefined, pid: number): boolean {
  return dump?.tasks.some((task) => task.pid === pid || task.tgid === pid) ?? false
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
