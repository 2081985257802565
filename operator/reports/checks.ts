import { TREND_HOURS, type Trend } from '../api/killRecord.ts'
import type { Verdict } from './condition.ts'
import { killsIn, parseCounts } from './trend.ts'
import { formatKib } from './quantity.ts'

/** A report is active for this long after it was told of its last kill. */
export const ACTIVE_MS = 3_600_000
/** The longest way of a kill that is no matter of clocks or of an outage. */
const TOLD_LATE_MS = 60_000
/** Kills come again and again from so many in a day on, in so many of its hours: one group's kill is not enough. */
export const RECURRING = { kills: 3, hours: 2 }
/** The limit is too low when the victim had this share of it in each of the last kills. */
export const AT_LIMIT = { kills: 3, share: 0.9 }

/** A rejected event is told for this long. */
const REJECTED_MS = 86_400_000

interface CheckedReject {
  seenAt: string
  detail?: string | undefined
}

/** What is looked at: the counts of any report. */
export interface Checked {
  kills: number
  lastSeen: string
  trend: Trend
  /** Newest first. */
  lastKills: readonly { seenAt: string }[]
}

interface CheckedKill {
  scope: string
  limitKib?: number | undefined
  victimRssKib?: number | undefined
}

export function checkActive(report: Checked, now: Date): Verdict {
  const told = toldAt(report)
  const late = Date.parse(told) - Date.parse(report.lastSeen) > TOLD_LATE_MS ? ` and was told at ${told}` : ''
  const last = `the last kill was at ${report.lastSeen}${late}`
  return now.getTime() < Date.parse(told) + ACTIVE_MS
    ? { status: 'True', reason: 'KilledLately', message: `${last}, within an hour` }
    : { status: 'False', reason: 'QuietForAnHour', message: `${last}, over an hour ago` }
}

export function checkRecurring({ trend }: Checked): Verdict {
  const kills = killsIn(trend)
  const hours = parseCounts(trend.kills).filter((count) => count > 0).length
  const recurs = kills >= RECURRING.kills && hours >= RECURRING.hours
  const message = `${kills} ${kills === 1 ? 'kill' : 'kills'} in ${hours} of the last ${TREND_HOURS} hours (recurring: ${RECURRING.kills} or more, in ${RECURRING.hours} hours or more)`
  return { status: recurs ? 'True' : 'False', reason: recurs ? 'KillsRepeat' : 'KillsAreFew', message }
}

/**
 * Whether the limit is what is wrong. Only the container's or pod's own limit can be: with any other, memory ran out
 * elsewhere. A victim far below the limit shared it with others, or with the kernel. A kill that the kernel told in one line says
 * nothing of whose limit it was, and in a storm most are.
 * @param lastKills Newest first.
 */
export function checkLimit(lastKills: readonly CheckedKill[]): Verdict {
  const told = lastKills.filter(({ scope }) => scope !== 'Unknown')
  const [newest] = told
  if (newest === undefined) {
    const message = 'the kernel told of none of the last kills whose limit was hit'
    return { status: 'Unknown', reason: 'ScopeUnknown', message }
  }
  const own = told.slice(0, AT_LIMIT.kills).filter(({ scope }) => scope === 'ContainerLimit' || scope === 'PodLimit')
  if (own.length === 0) {
    const message = `no limit of its own was hit: the last kill's scope is ${newest.scope}`
    return { status: 'False', reason: 'OtherLimit', message }
  }
  if (own.length < AT_LIMIT.kills) {
    const message = `${own.length} of the newest kills ${own.length === 1 ? 'was' : 'were'} by its own limit; it takes ${AT_LIMIT.kills} in a row to tell`
    return { status: 'Unknown', reason: 'TooFewKills', message }
  }
  const skipped = lastKills.slice(0, AT_LIMIT.kills).some(({ scope }) => scope === 'Unknown')
  const last = `the last ${own.length} kills${skipped ? ' of which the kernel told the limit' : ''}`
  const figures = own.flatMap(({ victimRssKib, limitKib = 0 }) =>
    victimRssKib === undefined || limitKib === 0 ? [] : [{ victimRssKib, limitKib, share: victimRssKib / limitKib }],
  )
  const lowest = figures.toSorted((a, b) => a.share - b.share)[0]
  if (figures.length < own.length || lowest === undefined) {
    const message = `of ${own.length - figures.length} of ${last} the limit or the victim's size is not known`
    return { status: 'Unknown', reason: 'FiguresMissing', message }
  }
  const percent = Math.min(999, Math.round(lowest.share * 100))
  const figure = `${formatKib(lowest.victimRssKib)} of ${formatKib(lowest.limitKib)} (${percent} %)`
  return lowest.share >= AT_LIMIT.share
    ? {
        status: 'True',
        reason: 'PeakAtLimit',
        message: `in each of ${last} the victim alone had at least ${figure}`,
      }
    : {
        status: 'False',
        reason: 'PeakBelowLimit',
        message: `in one of ${last} the victim had ${figure}: others, caches or the kernel had the rest`,
      }
}

/**
 * Whether something came as this node's kill event, lately, that cannot be one: an agent of another version, a defect, or
 * somebody who lies.
 * @param last The newest of them; absent where the report does not have it any more.
 */
export function checkRejected(rejected: number, last: CheckedReject | undefined, now: Date): Verdict {
  const isLate = last === undefined || now.getTime() >= rejectedUntilMs(last)
  const counted = `${rejected} kill ${rejected === 1 ? 'event' : 'events'} of this node set aside in OOM_REJECTS`
  return isLate
    ? { status: 'False', reason: 'NoneLately', message: `${counted}, none of them within a day` }
    : { status: 'True', reason: 'SetAside', message: `${counted}, the last at ${last.seenAt}: ${last.detail ?? ''}` }
}

/** When the checks say something else though no kill comes, in milliseconds since the epoch. */
export function activeUntilMs(report: Checked): number {
  return Date.parse(toldAt(report)) + ACTIVE_MS
}

export function rejectedUntilMs(last: { seenAt: string }): number {
  return Date.parse(last.seenAt) + REJECTED_MS
}

/**
 * When a report was told of its last kill, by the operator's clock: that of a node may be an hour, or years, behind, and then its
 * kills would be old when they come. One that was long on its way is news as well.
 */
export function toldAt({ lastSeen, lastKills }: Pick<Checked, 'lastSeen' | 'lastKills'>): string {
  return [lastSeen, ...lastKills.map(({ seenAt }) => seenAt)].toSorted().at(-1) ?? lastSeen
}
