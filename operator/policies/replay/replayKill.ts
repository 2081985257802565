import type { KillScope } from '#contract/killEvent.ts'
import type { CandidateRow, CandidateRows } from '../../reports/parseCandidateTable.ts'
import type { ClusterFacts } from '../clusterFacts.ts'
import { fitOfKnown } from '../fitOfKnown.ts'
import { scoresOf, type Subject } from '../protection.ts'

/** A kill of a container, as its report keeps it. */
export interface PastKill {
  time: string
  node: string
  scope: KillScope
  /** The limit that was hit. */
  limitKib: number | undefined
  victimPid: number | undefined
  candidates: string | undefined
  namespace: string
  podUid: string | undefined
  /** Of the pod, by name. */
  workload: string
  container: string
}

/**
 * What would have become of a kill. `ownLimit`: the container's own, where no score decides. `unknown`: its list is not the
 * kernel's, is gone, or does not tell which processes the policy selects.
 */
export type Replay = 'ownLimit' | 'changed' | 'same' | 'unknown'

export interface Replayed {
  replay: Replay
  /** Whom the kernel would have taken with the policy, where it would have changed something. */
  instead?: CandidateRow | undefined
}

/** Of most machines; a report does not tell. */
const PAGE_KIB = 4

/**
 * Whether a policy's score decides who died: the first by badness with it, and without it. Where the policy was in force
 * already, what the kubelet gives stands for the value without.
 * Source: mm/oom_kill.c, oom_badness: points += oom_score_adj * (totalpages / 1000).
 */
export function replayKill(
  subject: Subject,
  kill: PastKill,
  table: CandidateRows | undefined,
  facts: ClusterFacts,
): Replayed {
  const { processes } = subject.policy.spec
  const isOwn = kill.scope === 'ContainerLimit' || (kill.scope === 'PodLimit' && subject.pod.members.length <= 1)
  if (isOwn && processes === undefined) return { replay: 'ownLimit' }
  const scores = scoresOf(subject, facts)
  const capacityKib = facts.nodes.get(kill.node)?.memory?.capacityKib
  const totalKib = kill.limitKib ?? (kill.scope === 'Node' ? capacityKib : undefined)
  const victim = table?.rows.find(({ pid }) => pid !== undefined && pid === kill.victimPid)
  if (scores === undefined || totalKib === undefined || table?.isKernels !== true || victim === undefined)
    return { replay: 'unknown' }
  const delta = subject.policy.spec.oomScoreAdj?.delta
  const perThousand = Math.floor(totalKib / PAGE_KIB / 1000)
  const ranked = table.rows.map((row) => {
    const selection = isOwn || isLike(row, victim) ? fitOfKnown(processes, row) : 'no'
    const had = row.oomScoreAdj ?? 0
    const isInForce = had === scores.after
    const [without, under] =
      selection !== 'yes'
        ? [had, had]
        : isInForce
          ? [scores.before, had]
          : [had, delta === undefined ? scores.after : had + delta]
    const pointsOf = (adj: number): number => row.badnessPages + (adj - had) * perThousand
    return { selection, without: pointsOf(without), under: pointsOf(under) }
  })
  if (ranked.some(({ selection }) => selection === 'unknown')) return { replay: 'unknown' }
  const first = (which: 'without' | 'under'): number =>
    ranked.reduce((best, row, at) => (row[which] > (ranked[best]?.[which] ?? -Infinity) ? at : best), 0)
  const [without, under] = [first('without'), first('under')]
  return without === under ? { replay: 'same' } : { replay: 'changed', instead: table.rows[under] }
}

/** A process of the victim's own container, as far as a table tells: one that is called and was set as the victim. */
function isLike(row: CandidateRow, victim: CandidateRow): boolean {
  return row === victim || (row.command === victim.command && row.oomScoreAdj === victim.oomScoreAdj)
}
