import { MAX_LAST_KILLS } from '../api/killRecord.ts'
import type { NodeKillRecord, NodeOomReportStatus, NodeReason } from '../api/nodeOomReport.ts'
import { fitStatus } from './fitStatus.ts'
import { compact, describeLast, type KillToCount } from './killRecord.ts'
import { killsPast, spanOf } from './newKills.ts'
import { readyCondition } from './readyCondition.ts'
import { tally } from './tally.ts'

/** The killer ran and took nobody: counted apart from kills. */
const WITHOUT_VICTIM: readonly NodeReason[] = ['NoKillable', 'Panic']

/** As reduceReport, for what a node keeps. */
export function reduceNodeReport(
  stored: NodeOomReportStatus | undefined,
  kills: readonly KillToCount<NodeKillRecord>[],
  context: { now: Date; stream: string; generation: number },
): NodeOomReportStatus {
  const { fresh, watermark } = killsPast(stored, kills, context.stream)
  const lastKills = [...fresh.toReversed(), ...(stored?.lastKills ?? [])].slice(0, MAX_LAST_KILLS)
  const [last] = lastKills
  if (last === undefined) throw new Error('expected kills or a stored status, got neither')
  const withoutVictim = fresh.filter((kill) => WITHOUT_VICTIM.includes(kill.reason)).length
  const peakKib = Math.max(stored?.peakRssKib ?? -1, ...fresh.map((kill) => kill.victimRssKib ?? -1))
  return fitStatus<NodeOomReportStatus>(
    compact({
      observedGeneration: context.generation,
      kills: (stored?.kills ?? 0) + fresh.length - withoutVictim,
      withoutVictim: (stored?.withoutVictim ?? 0) + withoutVictim,
      ...spanOf(stored, fresh),
      byScope: tally(
        stored?.byScope ?? {},
        fresh.map((kill) => kill.scope),
      ),
      byReason: tally(
        stored?.byReason ?? {},
        fresh.map((kill) => kill.reason),
      ),
      peakRssKib: peakKib < 0 ? undefined : peakKib,
      last: { ...describeLast(last), reason: last.reason },
      lastKills,
      watermark,
      conditions: [readyCondition(stored?.conditions, context.now, context.generation, 0)],
    }),
  )
}
