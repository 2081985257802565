import type { Verdict } from '../../reports/condition.ts'
import { parseCandidateTable } from '../../reports/parseCandidateTable.ts'
import { refusalOf } from '../checks/containerChecks.ts'
import type { ClusterFacts } from '../clusterFacts.ts'
import { isProtecting } from '../protection.ts'
import { selectsContainer, selectsPod, type Policy, type PolicyPod } from '../selection.ts'
import { effectiveness } from './effectiveness.ts'
import { replayKill, type PastKill, type Replay } from './replayKill.ts'

/** Kills that are replayed for one policy: the newest that it could have touched. */
export const MAX_REPLAYED = 100

/**
 * For each policy, by name, whether it alone would have changed who died.
 * @param kills the newest first
 * @param podOf the pod of a kill, or one that is like it
 */
export function replayPolicies(
  policies: readonly Policy[],
  kills: readonly PastKill[],
  podOf: (kill: PastKill) => PolicyPod | undefined,
  facts: ClusterFacts,
): Map<string, Verdict> {
  // What was taken back is replayed as if it were applied.
  const open = { ...facts, withdrawn: new Map() }
  const tallies = policies.map((policy) => ({ policy, counts: new Map<Replay, number>(), all: 0, isProtecting: false }))
  for (const kill of kills) {
    const pod = podOf(kill)
    if (pod === undefined) continue
    const namespace = facts.namespaces.get(kill.namespace)
    const member = pod.members.find(({ name }) => name === kill.container) ?? {
      name: kill.container,
      type: 'App' as const,
    }
    let table: ReturnType<typeof parseCandidateTable> | 'unread' = 'unread'
    for (const tally of tallies) {
      const { policy } = tally
      if (tally.all >= MAX_REPLAYED || !selectsPod(policy, pod, namespace) || !selectsContainer(policy, member))
        continue
      const subject = { policy, pod, member }
      if (refusalOf(subject, open) !== undefined) continue
      if (table === 'unread') table = kill.candidates === undefined ? undefined : parseCandidateTable(kill.candidates)
      const { replay } = replayKill(subject, kill, table, open)
      tally.counts.set(replay, (tally.counts.get(replay) ?? 0) + 1)
      tally.all++
      tally.isProtecting ||= isProtecting(subject, open)
    }
  }
  return new Map(
    tallies.map(({ policy, counts, isProtecting: protects }) => {
      const of = (outcome: Replay): number => counts.get(outcome) ?? 0
      const all = { changed: of('changed'), ownLimit: of('ownLimit'), unknown: of('unknown'), same: of('same') }
      return [policy.name, effectiveness(policy, protects, all)]
    }),
  )
}
