import { formatCount, formatKib } from '#kernel/explain/quantity.ts'
import { printable } from '#program/errors.ts'
import { paragraph, WIDTH } from '../analysis/layout.ts'
import type { Style } from '../analysis/style.ts'
import { formatAge } from './age.ts'
import type { Report, ReportedKill, ReportStatus } from './report.ts'
import { fit, formatTable, type Column } from './table.ts'

export interface TextOptions {
  nowMs: number
  room: number | undefined
  isWide: boolean
  style: Style
}

type NumberedKill = ReportedKill & { number: number }

/** One report for people: the counts first, then what is wrong, then the last kills. */
export function reportLines(report: Report, options: TextOptions): string[] {
  const { kind, name, namespace, workload, container, status } = report
  const { style, room } = options
  const title = printable(kind === 'OOMReport' ? `${namespace ?? ''}/${name}` : `node/${name}`)
  const of = printable(container === undefined ? workload : `${workload}, container ${container}`)
  const head = [style.title(title), ...wrap(of, '  ', room)]
  if (status === undefined) return [...head, '', ...wrap('Nothing is counted here yet.', '  ', room)]
  return [
    ...head,
    '',
    ...countLines(status, options),
    ...conditionLines(status, options),
    ...killLines(report, status, options),
  ]
}

function countLines(status: ReportStatus, { nowMs, room }: TextOptions): string[] {
  const { kills = 0, hiddenKills, withoutVictim = 0, limitKib, peakRssKib } = status
  const facts: [string, string | undefined][] = [
    [
      'Kills',
      `${kills}${hiddenKills === undefined ? '' : `, ${hiddenKills} of them hidden: Kubernetes did not show them`}`,
    ],
    ['No victim', withoutVictim === 0 ? undefined : `${withoutVictim} (nobody could be killed, or the node panicked)`],
    ['First', momentOf(status.firstSeen, nowMs)],
    ['Last', momentOf(status.lastSeen, nowMs)],
    ['Limit', limitKib === undefined ? undefined : formatKib(limitKib)],
    ['Largest', peakRssKib === undefined ? undefined : `${formatKib(peakRssKib)} held by a victim`],
    ['Scopes', countsOf(status.byScope)],
    ['Reasons', countsOf(status.byReason)],
    ['Nodes', countsOf(status.byNode)],
    ['Commands', countsOf(status.byCommand)],
  ]
  return facts.flatMap(([name, value]) =>
    value === undefined ? [] : wrap(printable(value), `  ${name.padEnd(11)}`, room),
  )
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

function momentOf(time: string | undefined, nowMs: number): string | undefined {
  const age = formatAge(time, nowMs)
  return age === undefined ? time : `${time} (${age} ago)`
}

function conditionLines({ conditions }: ReportStatus, { style, room }: TextOptions): string[] {
  const lines = conditions.flatMap(({ type = '?', status = '?', reason = '', message = '' }) =>
    wrap(printable(`${type} ${status}, ${reason}: ${message}`), '  • ', room),
  )
  return lines.length === 0 ? [] : ['', style.title('Conditions'), ...lines]
}

function columns(nowMs: number): readonly Column<NumberedKill>[] {
  const size = (kib: number | undefined) => (kib === undefined ? undefined : formatKib(kib))
  return [
    { head: '  #', cell: ({ number }) => String(number).padStart(3) },
    { head: 'AGO', cell: ({ time }) => formatAge(time, nowMs) },
    { head: 'VICTIM', cell: victimOf },
    { head: 'RSS', cell: ({ victimRssKib }) => size(victimRssKib) },
    { head: 'LIMIT', cell: ({ limitKib }) => size(limitKib), isRare: true, leaves: 5 },
    { head: 'SCOPE', cell: ({ scope }) => scope, leaves: 4 },
    { head: 'HIDDEN', cell: ({ hidden }) => hidden, isRare: true },
    { head: 'REASON', cell: ({ reason }) => reason, isRare: true },
    { head: 'NODE', cell: ({ node }) => node, leaves: 3 },
    { head: 'POD', cell: ({ podName }) => podName, isRare: true, leaves: 2 },
    { head: 'TRIGGER', cell: ({ trigger }) => trigger, isWide: true, leaves: 1 },
    { head: 'QOS', cell: ({ qosClass }) => qosClass, isWide: true, isRare: true, leaves: 1 },
    { head: 'TIME', cell: ({ time }) => time, isWide: true, leaves: 1 },
  ]
}

export function victimOf({ victimCommand, victimPid }: ReportedKill): string | undefined {
  return victimPid === undefined ? undefined : `${victimCommand ?? '?'}(${victimPid})`
}

function killLines(
  { name, namespace, kind }: Report,
  { kills = 0, lastKills }: ReportStatus,
  options: TextOptions,
): string[] {
  if (lastKills.length === 0) return []
  const { nowMs, isWide, room, style } = options
  const rows = lastKills.map((kill, at) => ({ ...kill, number: at + 1 }))
  const [head = '', ...table] = formatTable(columns(nowMs), rows, { isWide, room })
  const [newest] = lastKills
  const said = [
    newest?.verdict,
    newest?.memory && `Memory: ${newest.memory}`,
    newest?.prediction && `Foresight: ${newest.prediction}`,
  ]
  const verdict = said.flatMap((text) => (text === undefined || text === '' ? [] : ['', ...wrap(text, '  ', room)]))
  const line = (newest?.candidates ?? '').split('\n').filter((text) => text !== '')
  const inLine =
    line.length === 0
      ? []
      : [
          '',
          style.title('In line at the newest'),
          ...line.map((text) => `  ${fit(printable(text), (room ?? Number.POSITIVE_INFINITY) - 2)}`.trimEnd()),
        ]
  const place = kind === 'OOMReport' ? `-n ${namespace ?? ''} ${name}` : `node/${name}`
  return [
    '',
    style.title(lastKills.length < kills ? `Last ${lastKills.length} of ${formatCount(kills, 'kill')}` : 'Kills'),
    style.dim(head),
    ...table,
    ...verdict,
    ...inLine,
    '',
    ...wrap(printable(`Why: kubectl oom explain ${place} 1`), '', room).map(style.dim),
  ]
}

/** In 80 columns, or fewer where the terminal is narrow. */
export function wrap(text: string, lead: string, room: number | undefined): string[] {
  return paragraph(text, lead, Math.max(lead.length + 2, Math.min(WIDTH, room ?? WIDTH)))
}
