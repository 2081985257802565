import { MAX_LAST_KILLS } from '../api/killRecord.ts'
import type { NodeKillRecord, NodeOomReportStatus, NodeReason } from '../api/nodeOomReport.ts'
import { fitStatus } from './fitStatus.ts'
import { compact, describeLast, type KillToCount } from './killRecord.ts'
import { killsPast, spanOf, whenOf } from './newKills.ts'
import { refreshNodeStatus } from './refresh.ts'
import { REJECTED } from './rejectRecord.ts'
import { largestOf, tally, tallyCommands } from './tally.ts'
import { advanceTrend } from './trend.ts'

/** The killer ran and took nobody: counted apart from kills. */
const WITHOUT_VICTIM: readonly NodeReason[] = ['NoKillable', 'Panic']

/** As reduceReport, for what a node keeps. */
export function reduceNodeReport(
  stored: NodeOomReportStatus | undefined,
  kills: readonly KillToCount<NodeKillRecord>[],
  context: { now: Date; stream: string; settled?: number; generation: number },
): NodeOomReportStatus {
  const { fresh, watermark } = killsPast(stored, kills, context)
  const lastKills = [...fresh.toReversed(), ...(stored?.lastKills ?? [])].slice(0, MAX_LAST_KILLS)
  const [last] = lastKills
  if (last === undefined) throw new Error('expected kills or a stored status, got neither')
  const invocations = fresh.filter((kill) => kill.reason !== REJECTED)
  const taken = invocations.filter((kill) => !WITHOUT_VICTIM.includes(kill.reason))
  const withoutVictim = invocations.length - taken.length
  const status: NodeOomReportStatus = compact({
    observedGeneration: context.generation,
    kills: (stored?.kills ?? 0) + taken.length,
    withoutVictim: (stored?.withoutVictim ?? 0) + withoutVictim,
    // Of kills; a report that has none yet has to have its times from somewhere.
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
    last: { ...describeLast(last), reason: last.reason },
    lastKills,
    watermark,
    conditions: stored?.conditions ?? [],
  })
  return fitStatus(refreshNodeStatus(status, context.now))
}
