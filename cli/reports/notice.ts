import type { KillNotice } from '../../operator/http/answers.ts'
import { printable } from '#program/errors.ts'
import { padToColumns } from '../analysis/columns.ts'
import { podOf, size } from '../ranking/rankTable.ts'
import { fit } from './table.ts'

export type Notice = KillNotice

interface Column {
  head: string
  /** What comes later is not known: a column keeps its width, and a longer cell pushes the others. */
  width: number
  cell(notice: Notice): string | undefined
  isWide?: true
}

const COLUMNS: readonly Column[] = [
  { head: 'TIME', width: 20, cell: ({ killedAt }) => killedAt.replace(/\.\d+Z$/, 'Z') },
  { head: 'SCOPE', width: 14, cell: ({ scope }) => scope },
  { head: 'VICTIM', width: 22, cell: victimOf },
  { head: 'RSS', width: 7, cell: ({ victimRssKib }) => size(victimRssKib) },
  { head: 'LIMIT', width: 7, cell: ({ limitKib }) => size(limitKib) },
  { head: 'NODE', width: 14, cell: ({ node }) => node },
  { head: 'POD', width: 36, cell: podOf },
  { head: 'CONTAINER', width: 12, cell: ({ containerName }) => containerName },
  { head: 'TRIGGER', width: 22, cell: triggerOf, isWide: true },
  { head: 'CGROUP', width: 0, cell: ({ cgroupPath }) => cgroupPath, isWide: true },
]
const GAP = '   '

export function noticeHead(isWide: boolean): string {
  return join(isWide, ({ head }) => head)
}

/** What comes from the node is shown printable. */
export function noticeLine(notice: Notice, isWide: boolean, room = Number.POSITIVE_INFINITY): string {
  return fit(
    join(isWide, (column) => printable(column.cell(notice) ?? '-')),
    room,
  ).trimEnd()
}

function join(isWide: boolean, cell: (column: Column) => string): string {
  return COLUMNS.filter((column) => isWide || column.isWide === undefined)
    .map((column) => padToColumns(cell(column), column.width))
    .join(GAP)
    .trimEnd()
}

function victimOf({ outcome, victimPid, victimCommand }: Notice): string | undefined {
  if (victimPid !== undefined) return `${victimCommand ?? '?'}(${victimPid})`
  return outcome === 'killed' ? undefined : `nobody (${outcome})`
}

function triggerOf({ triggerPid, triggerCommand }: Notice): string | undefined {
  if (triggerCommand === undefined) return undefined
  return triggerPid === undefined ? triggerCommand : `${triggerCommand}(${triggerPid})`
}
