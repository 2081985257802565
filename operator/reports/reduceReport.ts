import { MAX_LAST_KILLS, MAX_NAMED_NODES, OTHER_NODES } from '../api/killRecord.ts'
import { MAX_UNDECIDED, type ContainerKillRecord, type OomReportStatus, type UndecidedKill } from '../api/oomReport.ts'
import { decideHidden, hiddenDueMs, type ContainerFacts, type HiddenDecision } from './decideHidden.ts'
import { fitStatus } from './fitStatus.ts'
import { absentIfEmpty, compact, describeLast, type KillToCount } from './killRecord.ts'
import { killsPast, spanOf, whenOf } from './newKills.ts'
import { refreshStatus } from './refresh.ts'
import { foldSmallest, largestOf, tally, tallyCommands } from './tally.ts'
import { advanceTrend } from './trend.ts'
import { isUndecided, type UnjudgedKill } from './undecidedKills.ts'

export interface ReduceContext {
  /** The operator's clock. */
  now: Date
  /** Identity of the stream that the kills came from. */
  stream: string
  /** The checkpoint as it is stored: everything up to it is counted. Absent: not known. */
  settled?: number
  /** metadata.generation of the report. */
  generation: number
  /** `Deployment/eater`. */
  workload: string
}

/**
 * The status after these kills: a pure function of what is stored and of the kills past its own watermark, so
 * that any write may be repeated.
 * @param kills Ascending by stream sequence, not empty when nothing is stored. Those that find no room in the
 * watermark are left out: it says which are counted.
 */
export function reduceReport(
  stored: OomReportStatus | undefined,
  kills: readonly KillToCount<ContainerKillRecord>[],
  context: ReduceContext,
): OomReportStatus {
  const { fresh, watermark } = killsPast(stored, kills, context)
  const newest = fresh.toReversed()
  const all = [...newest, ...(stored?.lastKills ?? [])]
  const lastKills = all.slice(0, MAX_LAST_KILLS)
  const [last] = lastKills
  if (last === undefined) throw new Error('expected kills or a stored status, got neither')
  const pushedOut = all.slice(MAX_LAST_KILLS).flatMap(undecidedOf)
  const undecided = [...pushedOut, ...(stored?.undecided ?? [])].slice(0, MAX_UNDECIDED)
  const nodes = fresh.map((kill) => kill.node)
  const status: OomReportStatus = compact({
    observedGeneration: context.generation,
    workload: context.workload,
    kills: (stored?.kills ?? 0) + fresh.length,
    hiddenKills: stored?.hiddenKills ?? 0,
    reportedKills: stored?.reportedKills ?? 0,
    ...spanOf(stored, fresh),
    byScope: tally(
      stored?.byScope ?? {},
      fresh.map((kill) => kill.scope),
    ),
    byNode: foldSmallest(tally(stored?.byNode ?? {}, nodes), MAX_NAMED_NODES, OTHER_NODES),
    byCommand: tallyCommands(stored?.byCommand ?? {}, fresh),
    killsLastDay: 0,
    trend: advanceTrend(stored?.trend, fresh.map(whenOf), context.now),
    limitKib: newest.find((kill) => kill.limitKib !== undefined)?.limitKib ?? stored?.limitKib,
    peakRssKib: largestOf([stored?.peakRssKib, ...fresh.map((kill) => kill.victimRssKib)]),
    last: { ...describeLast(last), hidden: last.hidden },
    lastKills,
    undecided: absentIfEmpty(undecided),
    watermark,
    conditions: stored?.conditions ?? [],
  })
  return finish(status, context.now)
}

/**
 * Judges the kills whose container's facts are at hand: those that are due, and before that those that Kubernetes has reported. Only a kill that is still undecided in the stored status changes a count, so each
 * is judged once, however often this runs.
 * @returns the same object when there is nothing to judge.
 */
export function judgeHidden(
  stored: OomReportStatus,
  factsOf: (kill: UnjudgedKill) => ContainerFacts | undefined,
  now: Date,
): OomReportStatus {
  const decided = { Yes: 0, No: 0, Unknown: 0 }
  const lastKills = stored.lastKills.map((kill) => {
    const decision = isUndecided(kill) ? judgeKill(kill, factsOf(kill), now) : undefined
    if (decision === undefined) return kill
    decided[decision.hidden]++
    return { ...kill, ...decision, decidedAt: now.toISOString() }
  })
  const undecided = stored.undecided?.filter((kill) => {
    const decision = judgeKill(kill, factsOf(kill), now)
    if (decision === undefined) return true
    decided[decision.hidden]++
    return false
  })
  if (decided.Yes + decided.No + decided.Unknown === 0) return stored
  const [last] = lastKills
  const status: OomReportStatus = compact({
    ...stored,
    hiddenKills: stored.hiddenKills + decided.Yes,
    reportedKills: stored.reportedKills + decided.No,
    last: last === undefined ? stored.last : { ...stored.last, hidden: last.hidden },
    lastKills,
    undecided: absentIfEmpty(undecided),
  })
  return finish(status, now)
}

/** That a kill was reported is a fact at once; that it was not, only when there was time to. */
export function judgeKill(
  kill: UnjudgedKill,
  facts: ContainerFacts | undefined,
  now: Date,
): HiddenDecision | undefined {
  if (facts === undefined) return undefined
  const decision = decideHidden(kill, facts)
  return decision.hidden === 'No' || hiddenDueMs(kill) <= now.getTime() ? decision : undefined
}

function undecidedOf(kill: ContainerKillRecord): UndecidedKill[] {
  const { time, seenAt, podName, podUid, containerId } = kill
  if (!isUndecided(kill) || podName === undefined || podUid === undefined || containerId === undefined) return []
  return [{ time, seenAt, podName, podUid, containerId }]
}

function finish(status: OomReportStatus, now: Date): OomReportStatus {
  return fitStatus(refreshStatus(status, now))
}
