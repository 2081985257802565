import { printable } from '#program/errors.ts'
import { columnsOf, padToColumns, shortenToColumns } from '../analysis/columns.ts'

export interface Column<Row> {
  head: string
  cell: (row: Row) => string | undefined
  /** Only where somebody asks for all there is. */
  isWide?: true
  /** Only where a row has something there. */
  isRare?: true
  /** Where there is no room for all, the columns with a number go, the lowest first. */
  leaves?: number
}

export interface TableOptions {
  isWide?: boolean
  /** So many columns a line has at most; undefined where nobody looks at a screen. */
  room?: number | undefined
}

const GAP = '   '
/** A cell is not cut to less. */
const LEAST = 8

/** A table as kubectl prints it. What comes from the cluster is shown printable. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { isWide = false, room = Number.POSITIVE_INFINITY }: TableOptions,
): string[] {
  let table = columns
    .filter((column) => isWide || column.isWide === undefined)
    .map(({ head, cell, isRare, leaves }) => ({ head, isRare, leaves, cells: rows.map(cell) }))
    .filter(({ isRare, cells }) => isRare === undefined || cells.some((cell) => cell !== undefined))
    .map(({ head, leaves, cells }) => {
      const shown = [head, ...cells.map((cell) => printable(cell ?? '-'))]
      return { leaves, shown, width: Math.max(...shown.map(columnsOf)) }
    })
  const needed = () => table.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length)
  const leaving = table.flatMap(({ leaves }) => leaves ?? []).toSorted((a, b) => a - b)
  for (const next of leaving) {
    if (needed() > room) table = table.filter(({ leaves }) => leaves !== next)
  }
  // The widest give way until all fit, or none can.
  for (let over = needed() - room; over > 0; over = needed() - room) {
    const widest = table.reduce((a, b) => (b.width > a.width ? b : a))
    if (widest.width <= LEAST) break
    widest.width = Math.max(LEAST, widest.width - 1)
  }
  return [-1, ...rows.keys()].map((row) => {
    const line = table.map(({ shown, width }) => fit(shown[row + 1] ?? '', width)).join(GAP)
    return fit(line.trimEnd(), room).trimEnd()
  })
}

/** No wider than these columns, and padded to them. */
export function fit(text: string, width: number): string {
  if (width === Number.POSITIVE_INFINITY) return text
  return padToColumns(shortenToColumns(text, width), width)
}
