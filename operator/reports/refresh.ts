import type { Condition } from '../api/killRecord.ts'
import type { NodeOomReportStatus } from '../api/nodeOomReport.ts'
import type { OomReportStatus } from '../api/oomReport.ts'
import {
  activeUntilMs,
  checkActive,
  checkLimit,
  checkRecurring,
  checkRejected,
  rejectedUntilMs,
  type Checked,
} from './checks.ts'
import { settleCondition, withOthers, type Verdict } from './condition.ts'
import { REJECTED } from './rejectRecord.ts'
import { readyVerdict } from './readyCondition.ts'
import { advanceTrend, killsIn, trendChangeMs } from './trend.ts'
import { undecidedKills } from './undecidedKills.ts'

type Status = OomReportStatus | NodeOomReportStatus
type Refreshed = Checked & {
  conditions: readonly Condition[]
  lastRejects?: readonly { seenAt: string }[] | undefined
}

/** The status as it is to be read at this time: what follows from its counts and the clock. The counts stay. */
export function refreshStatus(status: OomReportStatus, now: Date): OomReportStatus {
  const current = withTrend(status, now)
  return withConditions(current, now, {
    Ready: readyVerdict(undecidedKills(current).length),
    Active: checkActive(current, now),
    Recurring: checkRecurring(current),
    LimitTooLow: checkLimit(current.lastKills),
  })
}

export function refreshNodeStatus(status: NodeOomReportStatus, now: Date): NodeOomReportStatus {
  const rejected = status.byReason[REJECTED] ?? 0
  const current = withTrend(status, now)
  return withConditions(current, now, {
    Ready: readyVerdict(0),
    ...(current.kills + current.withoutVictim === 0
      ? {}
      : { Active: checkActive(current, now), Recurring: checkRecurring(current) }),
    ...(rejected === 0 ? {} : { EventsRejected: checkRejected(rejected, current.lastRejects?.[0], now) }),
  })
}

/** When a status has to be refreshed though nothing happens, in milliseconds since the epoch; Infinity for never. */
export function refreshDueMs(status: Refreshed): number {
  const isTrue = (name: string) => status.conditions.some(({ type, status: is }) => type === name && is === 'True')
  const [lastReject] = status.lastRejects ?? []
  return Math.min(
    isTrue('Active') ? activeUntilMs(status) : Number.POSITIVE_INFINITY,
    isTrue('EventsRejected') && lastReject !== undefined ? rejectedUntilMs(lastReject) : Number.POSITIVE_INFINITY,
    trendChangeMs(status.trend),
  )
}

function withTrend<S extends Status>(status: S, now: Date): S {
  const trend = advanceTrend(status.trend, [], now)
  return { ...status, trend, killsLastDay: killsIn(trend) }
}

function withConditions<S extends Status>(status: S, now: Date, verdicts: Readonly<Record<string, Verdict>>): S {
  const own = Object.entries(verdicts).map(([type, verdict]) =>
    settleCondition(status.conditions, type, verdict, now, status.observedGeneration),
  )
  return { ...status, conditions: withOthers(status.conditions, own) }
}
