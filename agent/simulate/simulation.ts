import { freedKib } from '../rank/freed.ts'
import { isIn } from '../cgroup/path.ts'
import { rankCgroupTasks, type LiveTask, type RankedLiveTask } from '../rank/liveTask.ts'
import type { Machine } from '../rank/weight.ts'

/** What runs out, and whose processes are in line. */
export interface SimulatedDomain {
  machine: Machine
  /** What oom_score_adj is a share of; undefined where it is not told, and then scores are not weighed. */
  totalKib: number | undefined
  /** Who may be chosen. */
  tasks: readonly LiveTask[]
  /** The cgroup whose processes all go with a victim there (memory.oom.group). */
  groupOf: (cgroupPath: string) => string | undefined
}

/** One choice of the kernel. */
export interface SimulatedKill {
  victim: RankedLiveTask
  /** Its group, where it goes as a whole; without the victim. */
  others: readonly RankedLiveTask[]
  /** What their end gives back for sure. */
  freesKib: number
  /** Since the first kill, this one included. */
  freedKib: number
}

export interface Simulation {
  /** In the kernel's order. */
  kills: readonly SimulatedKill[]
  /** Whether enough came free; true without a goal. */
  reached: boolean
}

/**
 * Who dies when the domain's memory runs out now, and next, until so much is free. A kill changes nobody else's points, so that
 * the order is that of the points at the beginning; only a group takes others with it.
 * Source: mm/oom_kill.c, select_bad_process and oom_kill_process (6.18).
 * @param untilKib undefined: until nobody is left that may be chosen
 */
export function simulateKills(domain: SimulatedDomain, untilKib: number | undefined): Simulation {
  const { machine, totalKib, tasks, groupOf } = domain
  // The points of a process without memory figures cannot be told.
  const known = tasks.filter(({ rssKib }) => rssKib !== undefined)
  const alive = new Map(rankCgroupTasks(known, machine, totalKib).map((task) => [task.pid, task]))
  const kills: SimulatedKill[] = []
  let sumKib = 0
  const isReached = () => untilKib !== undefined && sumKib >= untilKib
  for (const victim of alive.values()) {
    if (isReached()) break
    const others = membersOf(alive, victim, groupOf)
    for (const { pid } of [victim, ...others]) alive.delete(pid)
    const freesKib = [victim, ...others].reduce((kib, task) => kib + (freedKib(task) ?? 0), 0)
    sumKib += freesKib
    kills.push({ victim, others, freesKib, freedKib: sumKib })
  }
  return { kills, reached: untilKib === undefined || isReached() }
}

/** Who is still there of the victim's group, in the order of points. */
function membersOf(
  alive: ReadonlyMap<number, RankedLiveTask>,
  { pid, cgroupPath }: RankedLiveTask,
  groupOf: SimulatedDomain['groupOf'],
): RankedLiveTask[] {
  const group = cgroupPath === undefined ? undefined : groupOf(cgroupPath)
  if (group === undefined) return []
  return [...alive.values()].filter((task) => task.pid !== pid && isIn(task.cgroupPath, group))
}
