import type { Verdict } from '../../reports/condition.ts'
import type { ClusterFacts } from '../clusterFacts.ts'
import type { Policy } from '../selection.ts'
import { effectiveness, type ReplayCounts } from './effectiveness.ts'
import type { PastKill, Place } from './pastKill.ts'
import { placeKill, type FindPods } from './placeKill.ts'
import { Reach } from './reach.ts'
import { replayKill } from './replayKill.ts'

/** Kills that are replayed for one policy: the newest that it could have touched. */
export const MAX_REPLAYED = 100

/**
 * For each policy, by name, whether it alone would have changed who died.
 * @param kills the newest first
 * @param selected containers of today that a policy selects
 */
export function replayPolicies(
  policies: readonly Policy[],
  kills: readonly PastKill[],
  pods: FindPods,
  facts: ClusterFacts,
  selected: (policy: Policy) => Iterable<Place>,
): Map<string, Verdict> {
  const tallies = policies.map((policy) => ({
    reach: new Reach(policy, facts, () => selected(policy)),
    counts: { changed: 0, same: 0, ownLimit: 0, unknown: 0 } satisfies ReplayCounts,
    all: 0,
  }))
  for (const kill of kills) {
    const placed = placeKill(kill, pods)
    for (const tally of tallies) {
      const replayed = tally.all >= MAX_REPLAYED ? undefined : replayKill(placed, tally.reach, facts)
      if (replayed === undefined) continue
      tally.counts[replayed.replay]++
      tally.all++
    }
  }
  return new Map(tallies.map(({ reach: { policy }, counts }) => [policy.name, effectiveness(policy, counts)]))
}
