import { killScope } from '#contract/killEvent.ts'
import { refusalOf } from '../../operator/policies/checks/containerChecks.ts'
import type { ClusterFacts } from '../../operator/policies/clusterFacts.ts'
import { isProtecting } from '../../operator/policies/protection.ts'
import { effectiveness } from '../../operator/policies/replay/effectiveness.ts'
import { replayKill, type PastKill } from '../../operator/policies/replay/replayKill.ts'
import { selectsContainer, selectsPod, type Policy } from '../../operator/policies/selection.ts'
import { parseCandidateTable } from '../../operator/reports/parseCandidateTable.ts'
import type { CachedPod, PodMember } from '../../operator/runtime/pod.ts'
import { parseReport, type ReportedKill } from '../reports/report.ts'
import { workloadOf } from './workloadOf.ts'

/** A past kill that would have gone otherwise. */
export interface ChangedKill {
  time: string | undefined
  node: string | undefined
  namespace: string | undefined
  workload: string
  victim: string
  instead: string
}

/** What a policy would have changed of past kills of the containers that it selects. */
export interface PolicyReplay {
  policy: string
  counts: { changed: number; same: number; ownLimit: number; unknown: number }
  changed: readonly ChangedKill[]
  /** In the words of the condition Effective. */
  message: string
}

interface Tally extends PolicyReplay {
  of: Policy
  changed: ChangedKill[]
  isProtecting: boolean
}

interface Place {
  pod: CachedPod
  member: PodMember
}

/**
 * Replays the last kills that reports have, each policy as if it were alone. A pod that is gone is taken for one of today's of its
 * workload; a workload that is gone is not among what policies select.
 */
export async function replayReports(
  reports: AsyncIterable<unknown>,
  policies: readonly Policy[],
  pods: readonly CachedPod[],
  facts: ClusterFacts,
): Promise<PolicyReplay[]> {
  const tallies = policies.map((of): Tally => {
    const counts = { changed: 0, same: 0, ownLimit: 0, unknown: 0 }
    return { of, policy: of.name, counts, changed: [], message: '', isProtecting: false }
  })
  const places = placesOf(pods)
  for await (const object of reports) {
    const report = parseReport(object)
    if (report?.kind !== 'OOMReport') continue
    const { namespace = '', workload, container = '' } = report
    const place = places.get(`${namespace}/${workload}/${container}`)
    if (place === undefined) continue
    for (const kill of report.status?.lastKills ?? []) {
      const past = pastKill(kill, namespace, workload, container)
      for (const tally of tallies) replayOne(past, kill, place, tally, facts)
    }
  }
  return tallies.map(({ of, isProtecting: protects, policy, counts, changed }) => {
    const { message } = effectiveness(of, protects, counts)
    return { policy, counts, changed, message }
  })
}

function replayOne(past: PastKill, kill: ReportedKill, place: Place, tally: Tally, facts: ClusterFacts): void {
  const subject = { policy: tally.of, ...place }
  if (!selectsPod(tally.of, place.pod, facts.namespaces.get(past.namespace))) return
  if (!selectsContainer(tally.of, place.member) || refusalOf(subject, facts) !== undefined) return
  const table = past.candidates === undefined ? undefined : parseCandidateTable(past.candidates)
  const { replay, instead } = replayKill(subject, past, table, facts)
  tally.counts[replay]++
  tally.isProtecting ||= isProtecting(subject, facts)
  if (instead === undefined) return
  const { time, node, victimPid, victimCommand = '?' } = kill
  tally.changed.push({
    time,
    node,
    namespace: past.namespace,
    workload: past.workload,
    victim: `${victimCommand}(${victimPid ?? '?'})`,
    instead: instead.pid === undefined ? '(other namespace)' : `${instead.command ?? '?'}(${instead.pid})`,
  })
}

function pastKill(kill: ReportedKill, namespace: string, workload: string, container: string): PastKill {
  const { time = '', node = '', limitKib, victimPid, candidates } = kill
  const scope = killScope.safeParse(kill.scope).data ?? 'Unknown'
  return { time, node, scope, limitKib, victimPid, candidates, namespace, podUid: undefined, workload, container }
}

function placesOf(pods: readonly CachedPod[]): Map<string, Place> {
  return new Map(
    pods.flatMap((pod) =>
      pod.members.map((member) => [`${pod.namespace}/${workloadOf(pod)}/${member.name}`, { pod, member }] as const),
    ),
  )
}
