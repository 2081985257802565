import { MAX_RANK_ROWS } from '#contract/rank.ts'
import type { NodeRanking } from '../api/nodeRanking.ts'
import type { NodeSimulation } from '../api/nodeSimulation.ts'

type Candidate = NodeRanking['candidates'][number]

/**
 * Who dies when the memory of a ranking's domain runs out now, and next, until so much is free. A kill changes nobody else's
 * points, so that the order is that of the points at the beginning; only a group takes others with it.
 * Source: mm/oom_kill.c, select_bad_process and oom_kill_process (6.18).
 * @param ranking with all the rows that a node tells
 * @param untilKib undefined: until nobody is left
 */
export function simulateRanking(ranking: NodeRanking, untilKib: number | undefined): NodeSimulation {
  const { candidates, ...about } = ranking
  const alive = new Set(candidates.filter(hasPoints).toSorted((a, b) => b.badnessPages - a.badnessPages))
  const unknownCount = candidates.length - alive.size
  const kills: NodeSimulation['kills'] = []
  let freedKib = 0
  const isReached = () => untilKib !== undefined && freedKib >= untilKib
  for (const victim of alive) {
    if (isReached()) break
    const group = groupOf(victim, about)
    const others = [...alive].filter((task) => task !== victim && group !== undefined && isIn(task.cgroupPath, group))
    for (const task of [victim, ...others]) alive.delete(task)
    const freesKib = [victim, ...others].reduce((kib, task) => kib + (task.freesKib ?? 0), 0)
    freedKib += freesKib
    kills.push({ victim, others, freesKib, freedKib })
  }
  const isWhole = candidates.length < MAX_RANK_ROWS
  return { ...about, untilKib, reached: untilKib === undefined ? isWhole : isReached(), isWhole, unknownCount, kills }
}

function hasPoints(task: Candidate): task is Candidate & { badnessPages: number } {
  return task.badnessPages !== undefined
}

/** An older agent tells that of the likeliest victim only. */
function groupOf({ cgroupPath, groupKillPath }: Candidate, about: Omit<NodeRanking, 'candidates'>): string | undefined {
  if (about.knowsGroups) return groupKillPath
  return about.groupKillPath !== undefined && isIn(cgroupPath, about.groupKillPath) ? about.groupKillPath : undefined
}

function isIn(path: string | undefined, folder: string): boolean {
  return path === folder || (path?.startsWith(`${folder}/`) ?? false)
}
