import { formatCount, formatKib } from '#kernel/explain/quantity.ts'
import { printable } from '#program/errors.ts'
import type { NodeRanking } from '../../operator/api/nodeRanking.ts'
import { formatTable, type Column } from '../reports/table.ts'
import { wrap } from '../reports/textOptions.ts'
import { indented, type TestTextOptions } from './policyText.ts'
import type { NodePreview } from './testResult.ts'

interface Row {
  task: NodeRanking['candidates'][number]
  place: number
  placeBefore: number | undefined
  scoreBefore: number | undefined
}

/** Whom the kernel would take on a node: as it would be, with the places of now beside. */
export function rankingLines(
  { before, ranking, changed, undecided }: NodePreview,
  { style, room, isWide, top }: TestTextOptions,
): string[] {
  const head = style.title(`Ranking of node ${printable(before.node)}`)
  if (changed === 0) {
    return [
      head,
      ...wrap('As it is now: none of its likeliest victims would have another value.', '  ', room),
      ...hint(undecided, room),
    ]
  }
  const places = new Map(before.candidates.map(({ pid, oomScoreAdj }, at) => [pid, { place: at + 1, oomScoreAdj }]))
  const rows = ranking.candidates.map((task, at): Row => {
    const was = places.get(task.pid)
    return { task, place: at + 1, placeBefore: was?.place, scoreBefore: was?.oomScoreAdj }
  })
  // Whoever moves is shown, however far down.
  const shown = rows
    .filter(({ place, task, scoreBefore }) => place <= top || task.oomScoreAdj !== scoreBefore)
    .slice(0, top * 2)
  const says = `${formatCount(changed, 'process', 'processes')} of its likeliest victims would have another value; the likeliest victim first, as it would be.`
  const table = formatTable(columns(ranking), shown, { isWide, room: indented(room) })
  return [
    head,
    ...wrap(says, '  ', room),
    '',
    ...table.map((line) => `  ${line}`).map((line, at) => (at === 0 ? style.dim(line) : line)),
    ...hint(undecided, room),
  ]
}

function columns({ pageSizeKib = 4 }: NodeRanking): readonly Column<Row>[] {
  const points = (pages: number | undefined): string | undefined =>
    pages === undefined ? undefined : `${pages < 0 ? '-' : ''}${formatKib(Math.abs(pages) * pageSizeKib)}`
  return [
    { head: 'THEN', cell: ({ place }) => String(place).padStart(4) },
    { head: 'NOW', cell: ({ placeBefore }) => placeBefore?.toString().padStart(3) },
    { head: 'COMMAND', cell: ({ task }) => task.command },
    { head: 'PID', cell: ({ task }) => String(task.pid), leaves: 1 },
    {
      head: 'ADJ',
      cell: ({ task, scoreBefore }) =>
        scoreBefore === undefined || scoreBefore === task.oomScoreAdj
          ? String(task.oomScoreAdj)
          : `${scoreBefore} → ${task.oomScoreAdj}`,
    },
    { head: 'POINTS', cell: ({ task }) => points(task.badnessPages), leaves: 3 },
    { head: 'POD', cell: ({ task }) => task.podName && `${task.namespace ?? ''}/${task.podName}`, isRare: true },
    { head: 'CONTAINER', cell: ({ task }) => task.containerName, isRare: true, leaves: 2 },
  ]
}

function hint(undecided: readonly number[], room: number | undefined): string[] {
  if (undecided.length === 0) return []
  const who = formatCount(undecided.length, 'process', 'processes')
  return wrap(`Of ${who} it is not known here whether exe or cmdline choose them: shown as they are now.`, '  ', room)
}
