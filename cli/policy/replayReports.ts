import { killScope } from '#contract/killEvent.ts'
import type { ClusterFacts } from '../../operator/policies/clusterFacts.ts'
import { effectiveness } from '../../operator/policies/replay/effectiveness.ts'
import { LikePods } from '../../operator/policies/replay/likePods.ts'
import type { PastKill, PlacedKill } from '../../operator/policies/replay/pastKill.ts'
import { placeKill, type FindPods } from '../../operator/policies/replay/placeKill.ts'
import { Reach } from '../../operator/policies/replay/reach.ts'
import { replayKill } from '../../operator/policies/replay/replayKill.ts'
import type { Policy } from '../../operator/policies/selection.ts'
import type { CachedPod } from '../../operator/runtime/pod.ts'
import { parseReport, type Report, type ReportedKill } from '../reports/report.ts'
import type { ReadWhole } from './wholeList.ts'
import { workloadOf } from './workloadOf.ts'

/** A past kill that would have gone otherwise. */
export interface ChangedKill {
  time: string | undefined
  node: string | undefined
  /** Absent for a victim outside of pods. */
  namespace: string | undefined
  workload: string
  victim: string
  instead: string
}

/** What a policy would have changed of past kills that it could have touched. */
export interface PolicyReplay {
  policy: string
  counts: { changed: number; same: number; ownLimit: number; unknown: number }
  changed: readonly ChangedKill[]
  /** In the words of the condition Effective. */
  message: string
}

interface Tally extends PolicyReplay {
  reach: Reach
  changed: ChangedKill[]
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
  readWhole: ReadWhole = () => Promise.resolve(undefined),
): Promise<PolicyReplay[]> {
  const running = pods.flatMap((pod) =>
    pod.members.filter(({ id }) => id !== undefined).map((member) => ({ pod, member })),
  )
  const tallies = policies.map((policy): Tally => {
    const counts = { changed: 0, same: 0, ownLimit: 0, unknown: 0 }
    return { reach: new Reach(policy, facts, () => running), policy: policy.name, counts, changed: [], message: '' }
  })
  const found = findPods(pods)
  const seen = new Set<string>()
  for await (const object of reports) {
    const report = parseReport(object)
    for (const kill of report?.status?.lastKills ?? []) {
      if (report === undefined || isSeen(kill, seen) || kill.reason === 'NoKillable' || kill.reason === 'Panic')
        continue
      const candidates = (await readWhole(kill)) ?? kill.candidates
      const placed = placeKill(pastKill({ ...kill, candidates }, report), found)
      for (const tally of tallies) replayOne(placed, kill, report, tally, facts)
    }
  }
  return tallies.map(({ reach, policy, counts, changed }) => {
    const { message } = effectiveness(reach.policy, counts)
    return { policy, counts, changed, message }
  })
}

function replayOne(placed: PlacedKill, kill: ReportedKill, report: Report, tally: Tally, facts: ClusterFacts): void {
  const replayed = replayKill(placed, tally.reach, facts)
  if (replayed === undefined) return
  tally.counts[replayed.replay]++
  if (replayed.replay !== 'changed') return
  const { namespace, workload } = report
  const { time, node, victimPid, victimCommand = '?' } = kill
  const { pid, command = '?' } = replayed.instead ?? {}
  tally.changed.push({
    time,
    node,
    namespace,
    workload,
    victim: `${victimCommand}(${victimPid ?? '?'})`,
    instead: pid === undefined ? '(other namespace)' : `${command}(${pid})`,
  })
}

/** A kill may stand in the report of its workload and in that of its node. */
function isSeen({ node, bootId, sequence, recoveredAs }: ReportedKill, seen: Set<string>): boolean {
  if (bootId === undefined || sequence === undefined) return false
  const key = `${node}/${bootId}/${recoveredAs ?? sequence}`
  if (seen.has(key)) return true
  seen.add(key)
  return false
}

function pastKill(kill: ReportedKill, { kind, namespace = '', workload, container = '' }: Report): PastKill {
  const { time = '', node = '', limitKib, victimPid, candidates, reason } = kill
  const scope = killScope.safeParse(kill.scope).data ?? 'Unknown'
  const outside = reason === 'OutsidePod' ? 'none' : undefined
  const victim = kind === 'OOMReport' ? { namespace, podUid: undefined, workload, container } : outside
  return { time, node, scope, limitKib, victimPid, candidates, victim }
}

function findPods(pods: readonly CachedPod[]): FindPods {
  const byWorkload = new Map(pods.map((pod) => [`${pod.namespace}/${workloadOf(pod)}`, pod]))
  const like = new LikePods(() => pods)
  return {
    ofVictim: (_kill, { namespace, workload }) => byWorkload.get(`${namespace}/${workload}`),
    named: (namespace, name) => like.find(namespace, name),
  }
}
