import { shortenToColumns } from '../analysis/columns.ts'
import { paragraph } from '../analysis/layout.ts'
import type { Style } from '../analysis/style.ts'
import { rankNotes } from './rankNotes.ts'
import { formatRankTable } from './rankTable.ts'
import type { ShownRanking } from './shownRanking.ts'

export interface ScreenSize {
  columns: number
  rows: number
}

export interface ScreenOptions {
  isWide: boolean
  intervalS: number
  size: ScreenSize
  style: Style
  /** Why this is not newer than it is. */
  trouble: string | undefined
}

/** What a terminal of this size shows, in no more lines and columns than it has: the table first, then the notes. */
export function formatScreen(ranking: ShownRanking, options: ScreenOptions): string[] {
  const { isWide, intervalS, size, style, trouble } = options
  const time = ranking.scannedAt.replace(/^.*T|\.\d+(?=Z$)/g, '')
  const title = `oomkeeper rank: ${ranking.node ?? 'this machine'} at ${time}, every ${intervalS} s. Ctrl-C ends it.`
  const [head = '', ...rows] = formatRankTable(ranking, isWide, roomIn(size.columns))
  const notes = rankNotes(ranking).flatMap((note) => paragraph(note, '', roomIn(size.columns)))
  const room = Math.max(1, size.rows - 4 - (trouble === undefined ? 0 : 1) - notes.length)
  const cut = (text: string) => shortenToColumns(text, roomIn(size.columns))
  return [
    style.dim(cut(title)),
    ...(trouble === undefined ? [] : [style.warn(cut(`Not newer: ${trouble}`))]),
    '',
    style.title(cut(head)),
    ...rows.slice(0, room).map(cut),
    '',
    ...notes.map((note) => style.dim(cut(note))),
  ].slice(0, size.rows)
}

/** The last column stays free: behind it, terminals differ in where the next character goes. */
function roomIn(columns: number): number {
  return Math.max(2, columns - 1)
}
