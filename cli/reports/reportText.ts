import { formatCount, formatKib } from '#kernel/explain/quantity.ts'
import { formatAge } from './age.ts'
import type { Report, ReportedKill, ReportStatus } from './report.ts'
import { killDetails, killTable } from './killText.ts'
import { heading, wrap, type TextOptions } from './textOptions.ts'
import { daysUntil, hoursUntil, sparkline, sumOf } from './trend.ts'

/** One report for people: the counts first, then what is wrong, then the last kills. */
export function reportLines(report: Report, options: TextOptions): string[] {
  const { status } = report
  const head = titleLines(report, options)
  if (status === undefined) return [...head, '', ...wrap('Nothing is counted here yet.', '  ', options.room)]
  return [
    ...head,
    '',
    ...countLines(status, options),
    ...conditionLines(status, options),
    ...killLines(report, status, options),
    ...rejectLines(status, options),
  ]
}

function titleLines(report: Report, options: TextOptions): string[] {
  const { workload, container } = report
  const of = container === undefined ? workload : `${workload}, container ${container}`
  return [heading(titleOf(report), options), ...wrap(of, '  ', options.room)]
}

export function titleOf({ kind, name, namespace }: Report): string {
  return kind === 'OOMReport' ? `${namespace ?? ''}/${name}` : `node/${name}`
}

function countLines(status: ReportStatus, { nowMs, room }: TextOptions): string[] {
  const { kills = 0, hiddenKills, withoutVictim = 0, limitKib, peakRssKib, trend } = status
  const facts: [string, string | undefined][] = [
    [
      'Kills',
      `${kills}${hiddenKills === undefined ? '' : `, ${hiddenKills} of them hidden: Kubernetes did not show them`}`,
    ],
    ['No victim', withoutVictim === 0 ? undefined : `${withoutVictim} (nobody could be killed, or the node panicked)`],
    ['First', momentOf(status.firstSeen, nowMs)],
    ['Last', momentOf(status.lastSeen, nowMs)],
    ['Last 24h', trendOf('hour', trend && hoursUntil(trend, nowMs))],
    ['Last 7d', trendOf('day', trend && daysUntil(trend, nowMs))],
    ['Limit', limitKib === undefined ? undefined : formatKib(limitKib)],
    ['Largest', peakRssKib === undefined ? undefined : `${formatKib(peakRssKib)} held by a victim`],
    ['Scopes', countsOf(status.byScope)],
    ['Reasons', countsOf(status.byReason)],
    ['Nodes', countsOf(status.byNode)],
    ['Commands', countsOf(status.byCommand)],
  ]
  return facts.flatMap(([name, value]) => (value === undefined ? [] : wrap(value, `  ${name.padEnd(11)}`, room)))
}

function trendOf(span: string, counts: readonly number[] | undefined): string | undefined {
  return counts && `${sumOf(counts)}, each ${span} ${sparkline(counts)} now`
}

const MOST_COUNTS = 8

/** The most first. */
function countsOf(counts: Readonly<Record<string, number>>): string | undefined {
  const sorted = Object.entries(counts).toSorted(([, a], [, b]) => b - a)
  if (sorted.length === 0) return undefined
  const more = sorted.length - MOST_COUNTS
  const named = sorted.slice(0, MOST_COUNTS).map(([name, count]) => `${name} ${count}`)
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

export function momentOf(time: string | undefined, nowMs: number): string | undefined {
  const age = formatAge(time, nowMs)
  return age === undefined ? time : `${time} (${age} ago)`
}

function conditionLines({ conditions }: ReportStatus, options: TextOptions): string[] {
  const lines = conditions.flatMap(({ type = '?', status = '?', reason = '', message = '' }) =>
    wrap(`${type} ${status}, ${reason}: ${message}`, '  • ', options.room),
  )
  return lines.length === 0 ? [] : ['', heading('Conditions', options), ...lines]
}

function killLines({ name, namespace, kind }: Report, status: ReportStatus, options: TextOptions): string[] {
  const { kills = 0, lastKills } = status
  const { style, room } = options
  const [newest] = lastKills
  if (newest === undefined) return []
  const rows = lastKills.map((kill, at) => ({ ...kill, number: at + 1 }))
  const place = kind === 'OOMReport' ? `-n ${namespace ?? ''} ${name}` : `node/${name}`
  return [
    '',
    heading(lastKills.length < kills ? `Last ${lastKills.length} of ${formatCount(kills, 'kill')}` : 'Kills', options),
    ...killTable(rows, options),
    ...killDetails(newest, 'In line at the newest', options),
    '',
    ...wrap(`Why: kubectl oom explain ${place} 1`, '', room).map(style.dim),
  ]
}

/** What came as a node's kill event and could not be one. */
function rejectLines({ byReason, lastRejects }: ReportStatus, options: TextOptions): string[] {
  if (lastRejects.length === 0) return []
  const count = byReason['EventRejected'] ?? lastRejects.length
  const title =
    lastRejects.length < count ? `Last ${lastRejects.length} of ${count} rejected events` : 'Rejected events'
  const lines = lastRejects.flatMap(({ seenAt, detail = '?' }) =>
    wrap(`${momentOf(seenAt, options.nowMs) ?? '?'}: ${detail}`, '  • ', options.room),
  )
  return ['', heading(title, options), ...lines]
}

/** What a report has of one kill. */
export function oneKillLines(report: Report, kill: ReportedKill, number: number, options: TextOptions): string[] {
  return [
    ...titleLines(report, options),
    '',
    ...killTable([{ ...kill, number }], options),
    ...killDetails(kill, 'In line', options),
  ]
}
