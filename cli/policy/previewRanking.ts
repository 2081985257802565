import type { DesiredRule, DesiredScore } from '#contract/desiredRule.ts'
import { scoreFrom } from '#contract/scoreFrom.ts'
import { oomScoreOf } from '#kernel/badness/oomScore.ts'
import { weighByPoints, type Machine } from '../../agent/rank/weight.ts'
import type { NodeRanking } from '../../operator/api/nodeRanking.ts'
import { fitOfKnown } from '../../operator/policies/fitOfKnown.ts'
import type { DecidedContainer } from './previewPolicies.ts'
import { refusalByNode } from './refusalByNode.ts'

type Task = NodeRanking['candidates'][number]

export interface RankingPreview {
  /** As it would be: scores, points and order. */
  ranking: NodeRanking
  /** How many processes would have another value. */
  changed: number
  /** Pids of those of which it is not known here whether a policy selects them: by exe or cmdline, which a ranking does not tell. */
  undecided: readonly number[]
}

/** A node's ranking with the values that policies would set. @param decided by container id */
export function previewRanking(ranking: NodeRanking, decided: ReadonlyMap<string, DecidedContainer>): RankingPreview {
  const firstPids = firstPidsOf(ranking.candidates)
  const undecided: number[] = []
  let changed = 0
  const candidates = ranking.candidates.map((task) => {
    const container = task.containerId === undefined ? undefined : decided.get(task.containerId)
    if (container === undefined) return task
    const rule = ruleFor(container.rules, task, firstPids.get(task.containerId ?? '') === task.pid)
    if (rule === 'unknown') {
      undecided.push(task.pid)
      return task
    }
    const own = container.isAdjusted ? container.kubeletScore : task.oomScoreAdj
    const oomScoreAdj = rule?.score === undefined ? own : scoreOf(rule.score, own)
    if (oomScoreAdj !== task.oomScoreAdj) changed++
    return withGroup(withScore(task, oomScoreAdj, ranking), container.rules)
  })
  const rank = ({ badnessPages = Number.NEGATIVE_INFINITY }: Task): number => badnessPages
  const ordered = candidates.toSorted((a, b) => rank(b) - rank(a))
  return { ranking: { ...ranking, candidates: changed === 0 ? candidates : ordered }, changed, undecided }
}

/** Its own, where the node would refuse it. */
function scoreOf(score: DesiredScore, own: number): number {
  const oomScoreAdj = scoreFrom(score, own)
  return refusalByNode(score, oomScoreAdj, own) === undefined ? oomScoreAdj : own
}

/** The one that decides for a process; undefined: none does. */
function ruleFor(rules: readonly DesiredRule[], task: Task, isFirst: boolean): DesiredRule | 'unknown' | undefined {
  for (const rule of rules) {
    if (rule.score === undefined) continue
    const fit = fitOfKnown(rule.processes, { command: task.command, isFirst })
    if (fit === 'yes') return rule
    if (fit === 'unknown') return fit
  }
  return undefined
}

/** The oldest process of a container is taken to be the one with the lowest pid among the likeliest victims. */
function firstPidsOf(tasks: readonly Task[]): ReadonlyMap<string, number> {
  const pids = new Map<string, number>()
  for (const { containerId, pid } of tasks)
    if (containerId !== undefined) pids.set(containerId, Math.min(pid, pids.get(containerId) ?? pid))
  return pids
}

/** With the difference that another score makes to its points. */
function withScore(task: Task, oomScoreAdj: number, { kernelRelease, pageSizeKib = 4, domain }: NodeRanking): Task {
  const { badnessPages, oomScore } = task
  const totalKib = domain?.totalKib
  if (oomScoreAdj === task.oomScoreAdj || badnessPages === undefined || totalKib === undefined)
    return { ...task, oomScoreAdj }
  const machine: Machine = { kernelRelease, pageSizeKib, totalKib, swapTotalKib: 0 }
  const pointsKib = (adj: number): number => {
    const { rssKib, anonRssKib, fileRssKib, shmemRssKib, swapKib, pgtablesKib, uid = -1 } = task
    const memory = { rssKib, anonRssKib, fileRssKib, shmemRssKib, swapKib, pgtablesKib, vmSizeKib: undefined }
    const [weighed] = weighByPoints([{ ...memory, pid: task.pid, uid, oomScore, oomScoreAdj: adj }], machine, totalKib)
    return weighed?.badnessKib ?? 0
  }
  const points = badnessPages + Math.round((pointsKib(oomScoreAdj) - pointsKib(task.oomScoreAdj)) / pageSizeKib)
  // oom_score is of the whole machine's memory.
  const isNode = domain?.limitKib === undefined
  const after = isNode ? oomScoreOf(points * pageSizeKib, totalKib, kernelRelease) : oomScore
  return { ...task, oomScoreAdj, badnessPages: points, oomScore: after }
}

/** A container's killScope decides whether all of it goes with one. */
function withGroup(task: Task, rules: readonly DesiredRule[]): Task {
  const { killScope } = rules.find((rule) => rule.killScope !== undefined) ?? {}
  if (killScope === undefined) return task
  const { groupKillPath, ...alone } = task
  if (killScope === 'Container') return { ...task, groupKillPath: groupKillPath ?? task.cgroupPath }
  return groupKillPath === task.cgroupPath ? alone : task
}
