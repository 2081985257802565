import { MAX_LAST_KILLS } from '../api/killRecord.ts'
import {
  MAX_LAST_REJECTS,
  type NodeKillRecord,
  type NodeOomReportStatus,
  type NodeReason,
} from '../api/nodeOomReport.ts'
import { fitStatus } from './fitStatus.ts'
import { absentIfEmpty, compact, describeLast, type KillToCount } from './killRecord.ts'
import { killsPast, spanOf, whenOf } from './newKills.ts'
import { refreshNodeStatus } from './refresh.ts'
import { REJECTED, isRejected, rejectedEventOf } from './rejectRecord.ts'
import { largestOf, tally, tallyCommands } from './tally.ts'
import { advanceTrend } from './trend.ts'

/** The killer ran and took nobody: counted apart from kills. */
const WITHOUT_VICTIM: readonly NodeReason[] = ['NoKillable', 'Panic']

/** Whether the killer took somebody. */
export function isTaken({ reason }: { reason: NodeReason }): boolean {
  return reason !== REJECTED && !WITHOUT_VICTIM.includes(reason)
}

/** As reduceReport, for what a node keeps. */
export function reduceNodeReport(
  stored: NodeOomReportStatus | undefined,
  kills: readonly KillToCount<NodeKillRecord>[],
  context: { now: Date; stream: string; settled?: number; generation: number },
): NodeOomReportStatus {
  const { fresh, watermark } = killsPast(stored, kills, context)
  const invocations = fresh.filter((kill) => !isRejected(kill))
  const rejects = fresh.filter(isRejected)
  const lastKills = [...invocations.toReversed(), ...(stored?.lastKills ?? [])].slice(0, MAX_LAST_KILLS)
  const lastRejects = [...rejects.toReversed().map(rejectedEventOf), ...(stored?.lastRejects ?? [])]
  // A report that has no kill yet has to have a last one from somewhere.
  const newest = lastKills[0] ?? rejects.at(-1)
  const last = newest === undefined ? stored?.last : { ...describeLast(newest), reason: newest.reason }
  if (last === undefined) throw new Error('expected kills or a stored status, got neither')
  const taken = invocations.filter(isTaken)
  const withoutVictim = invocations.length - taken.length
  const status: NodeOomReportStatus = compact({
    observedGeneration: context.generation,
    kills: (stored?.kills ?? 0) + taken.length,
    withoutVictim: (stored?.withoutVictim ?? 0) + withoutVictim,
    // As the last one.
    ...spanOf(stored, stored === undefined && invocations.length === 0 ? fresh : invocations),
    byScope: tally(
      stored?.byScope ?? {},
      invocations.map((kill) => kill.scope),
    ),
    byReason: tally(
      stored?.byReason ?? {},
      fresh.map((kill) => kill.reason),
    ),
    byCommand: tallyCommands(stored?.byCommand ?? {}, taken),
    killsLastDay: 0,
    trend: advanceTrend(stored?.trend, taken.map(whenOf), context.now),
    peakRssKib: largestOf([stored?.peakRssKib, ...fresh.map((kill) => kill.victimRssKib)]),
    last,
    lastKills,
    lastRejects: absentIfEmpty(lastRejects.slice(0, MAX_LAST_REJECTS)),
    watermark,
    conditions: stored?.conditions ?? [],
  })
  return fitStatus(refreshNodeStatus(status, context.now))
}
