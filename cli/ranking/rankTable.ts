import { printable } from '#program/errors.ts'
import { formatKib } from '../../operator/reports/quantity.ts'
import { columnsOf, padToColumns } from '../analysis/columns.ts'
import type { ShownRanking, ShownTask } from './shownRanking.ts'

interface Column {
  head: string
  cell(task: ShownTask, ranking: ShownRanking): string | undefined
  /** Only where somebody asks for all there is. */
  isWide?: true
  /** Only where a process has something there: away from Kubernetes there are no pods. */
  isRare?: true
}

/** As runtimes abbreviate a container's id. */
const SHORT_ID = 12
const MAX_COMMAND_LINE = 160

const COLUMNS: readonly Column[] = [
  { head: 'OOM_SCORE', cell: ({ oomScore }) => String(oomScore) },
  { head: 'ADJ', cell: ({ oomScoreAdj }) => String(oomScoreAdj) },
  { head: 'BADNESS', cell: ({ badnessPages }) => badnessPages?.toString() },
  { head: 'RSS', cell: ({ rssKib }) => size(rssKib) },
  { head: 'ANON', cell: ({ anonRssKib }) => size(anonRssKib), isWide: true },
  { head: 'FILE', cell: ({ fileRssKib }) => size(fileRssKib), isWide: true },
  { head: 'SHMEM', cell: ({ shmemRssKib }) => size(shmemRssKib), isWide: true },
  { head: 'SWAP', cell: ({ swapKib }) => size(swapKib) },
  { head: 'TABLES', cell: ({ pgtablesKib }) => size(pgtablesKib), isWide: true },
  { head: 'FREES', cell: ({ freesKib }, { domain }) => formatShare(freesKib, domain?.totalKib) },
  { head: 'PID', cell: ({ pid }) => String(pid) },
  { head: 'OWNER', cell: ({ owner, uid }) => owner ?? uid?.toString() },
  { head: 'COMMAND', cell: ({ command }) => command },
  { head: 'POD', cell: podOf, isRare: true },
  { head: 'CONTAINER', cell: containerOf, isRare: true },
  { head: 'CGROUP', cell: ({ cgroupPath }) => cgroupPath, isWide: true },
  { head: 'COMMAND_LINE', cell: ({ commandLine }) => commandLine?.slice(0, MAX_COMMAND_LINE), isRare: true },
]

/** What goes first where there is no room for all: who, where and how large stay. */
const DISPENSABLE = [
  'TABLES',
  'SHMEM',
  'FILE',
  'ANON',
  'SWAP',
  'OWNER',
  'BADNESS',
  'CGROUP',
  'FREES',
  'ADJ',
  'OOM_SCORE',
]
const GAP = '   '
/** What is longer may be cut. */
const NEEDED_COLUMNS = 30

/**
 * The likeliest victims as a table, as kubectl would print it. What processes choose is shown printable.
 * @param room so many columns it should not be wider than; what is dispensable is left out for that
 */
export function formatRankTable(ranking: ShownRanking, isWide: boolean, room = Number.POSITIVE_INFINITY): string[] {
  let table = COLUMNS.filter((column) => isWide || column.isWide === undefined)
    .map((column) => ({ column, cells: ranking.candidates.map((task) => column.cell(task, ranking)) }))
    .filter(({ column, cells }) => column.isRare === undefined || cells.some((cell) => cell !== undefined))
    .map(({ column: { head }, cells }) => ({
      head,
      cells: pad([head, ...cells.map((cell) => printable(cell ?? '-'))]),
    }))
  for (const dispensable of DISPENSABLE) {
    if (neededBy(table) > room) table = table.filter(({ head }) => head !== dispensable)
  }
  return [0, ...ranking.candidates.keys()].map((_, row) =>
    table
      .map(({ cells }) => cells[row] ?? '')
      .join(GAP)
      .trimEnd(),
  )
}

function neededBy(table: readonly { cells: readonly string[] }[]): number {
  const widths = table.map(({ cells: [head = ''] }) => Math.min(columnsOf(head), NEEDED_COLUMNS))
  return widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length)
}

function pad(cells: readonly string[]): string[] {
  const width = Math.max(...cells.map(columnsOf))
  return cells.map((cell) => padToColumns(cell, width))
}

export function size(kib: number | undefined): string | undefined {
  return kib === undefined ? undefined : formatKib(kib)
}

/** In per cent; something is never shown as nothing. */
function formatShare(part: number | undefined, whole: number | undefined): string | undefined {
  if (part === undefined || whole === undefined || whole === 0) return undefined
  const percent = (part * 100) / whole
  return percent > 0 && percent < 0.1 ? '<0.1%' : `${percent.toFixed(1)}%`
}

/** With its namespace; its UID where its name is not known. */
export function podOf({
  namespace,
  podName,
  podUid,
}: Pick<ShownTask, 'namespace' | 'podName' | 'podUid'>): string | undefined {
  return namespace === undefined || podName === undefined ? podUid : `${namespace}/${podName}`
}

function containerOf({ containerName, containerId }: ShownTask): string | undefined {
  return containerName ?? containerId?.slice(0, SHORT_ID)
}
