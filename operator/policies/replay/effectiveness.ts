import type { Verdict } from '../../reports/condition.ts'
import type { Policy } from '../selection.ts'
import type { Replay } from './replayKill.ts'

/** Of the last kills that a policy could have touched, how many came to what. */
export type ReplayCounts = Readonly<Record<Replay, number>>

/** Whether a policy's scores decide who dies, by the kills that are remembered. */
export function effectiveness({ spec }: Policy, counts: ReplayCounts): Verdict {
  const { changed, ownLimit, unknown, same } = counts
  const all = changed + ownLimit + unknown + same
  if (spec.oomScoreAdj === undefined)
    return { status: 'Unknown', reason: 'SetsNoScore', message: 'it sets no score, which could be replayed' }
  if (all === 0)
    return { status: 'Unknown', reason: 'NoKills', message: 'the reports have no kill that it could have touched' }
  const message = `would have changed ${changed || 'none'} of the last ${all} kills it could have touched${restOf(counts)}`
  if (changed > 0) return { status: 'True', reason: 'WouldHaveChanged', message }
  if (unknown > 0) return { status: 'Unknown', reason: 'CannotTell', message }
  return { status: 'False', reason: ownLimit === all ? 'OwnLimits' : 'Ineffective', message }
}

function restOf({ ownLimit, unknown, same }: ReplayCounts): string {
  const parts = [
    ...(ownLimit > 0 ? [`${ownLimit} were the containers' own limits`] : []),
    ...(same > 0 ? [`${same} would have gone the same way`] : []),
    ...(unknown > 0 ? [`of ${unknown} the reports do not tell`] : []),
  ]
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`
}
