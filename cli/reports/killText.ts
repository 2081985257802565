import { formatKib } from '#kernel/explain/quantity.ts'
import { printable } from '#program/errors.ts'
import { formatAge } from './age.ts'
import type { ReportedKill } from './report.ts'
import { fit, formatTable, type Column } from './table.ts'
import { heading, wrap, type TextOptions } from './textOptions.ts'

export type NumberedKill = ReportedKill & { number: number }

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

export function killTable(kills: readonly NumberedKill[], { nowMs, isWide, room, style }: TextOptions): string[] {
  const [head = '', ...rows] = formatTable(columns(nowMs), kills, { isWide, room })
  return [style.dim(head), ...rows]
}

/** The table of candidates is indented for `kubectl describe`. */
const DESCRIBED = /^ +/

/** What a report says of a kill beyond its line in the table. @param title over who was in line */
export function killDetails(
  { verdict, memory, prediction, candidates = '' }: ReportedKill,
  title: string,
  options: TextOptions,
): string[] {
  const { room } = options
  const said = [verdict, memory && `Memory: ${memory}`, prediction && `Foresight: ${prediction}`]
  const lines = candidates.split('\n').flatMap((text) => text.replace(DESCRIBED, '') || [])
  const width = (room ?? Number.POSITIVE_INFINITY) - 2
  return [
    ...said.flatMap((text) => (text === undefined || text === '' ? [] : ['', ...wrap(text, '  ', room)])),
    ...(lines.length === 0 ? [] : ['', heading(title, options)]),
    ...lines.map((text) => `  ${fit(printable(text), width)}`.trimEnd()),
  ]
}
