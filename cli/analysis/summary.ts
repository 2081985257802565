import { formatKib } from '#kernel/explain/quantity.ts'
import type { AnalysedEvent } from './analysedEvent.ts'
import { cell, numberCell, WIDTH } from './layout.ts'

/** Events above this are counted under the table. */
const MAX_ROWS = 200

/** A row for each event: when, who died, what was freed of what, and what was found. */
export function summaryTable(events: readonly AnalysedEvent[]): string[] {
  const shown = events.slice(0, MAX_ROWS)
  const numberWidth = String(events.length).length
  const timeWidth = Math.min(
    20,
    shown.reduce((most, event) => Math.max(most, timeOf(event).length), 4),
  )
  const findingWidth = WIDTH - 2 - numberWidth - timeWidth - 16 - 8 - 9 - 13 - 6
  const row = (columns: readonly [string, string, string, string, string, string, string]) => {
    const [number, time, command, pid, freed, limit, finding] = columns
    return `  ${number.padStart(numberWidth)} ${cell(time, timeWidth)} ${cell(command, 16)} ${pid} ${freed.padStart(9)} ${cell(limit, 13)} ${cell(finding, findingWidth)}`.trimEnd()
  }
  const rows = shown.map((event, at) => {
    const { asked, worth, limit, memory } = event.explanation
    const [victim, ...others] = asked.killed
    const name =
      victim === undefined ? '(nobody)' : others.length === 0 ? victim.command : `${victim.command} +${others.length}`
    return row([
      String(at + 1),
      timeOf(event),
      name,
      numberCell(victim?.pid, 8),
      worth.freedKib === undefined ? '–' : formatKib(worth.freedKib),
      limit.kind,
      memory.findings[0]?.name ?? '',
    ])
  })
  const left = events.length - rows.length
  const more = left > 0 ? [`  … and ${left} more`] : []
  return [row(['#', 'time', 'victim', 'pid'.padStart(8), 'freed', 'limit', 'finding']), ...rows, ...more]
}

/** Events over time, from the first to the last: a dot where there is one, a digit where there are more. */
export function timeline(events: readonly AnalysedEvent[]): string[] {
  const times = events.flatMap(({ oomCase: { monotonicUsec } }) => (monotonicUsec === undefined ? [] : [monotonicUsec]))
  const first = times.reduce((least, time) => Math.min(least, time), Infinity)
  const span = times.reduce((most, time) => Math.max(most, time), -Infinity) - first
  if (times.length < events.length || !Number.isFinite(span) || span <= 0) return []
  const width = WIDTH - 4
  const counts = Array.from({ length: width }, () => 0)
  for (const time of times) {
    const at = Math.min(width - 1, Math.floor(((time - first) * width) / span))
    counts[at] = (counts[at] ?? 0) + 1
  }
  const marks = counts.map((count) => (count === 0 ? ' ' : count === 1 ? '•' : count > 9 ? '#' : String(count)))
  return [
    `  ${marks.join('')}`,
    `  ${'└'.padEnd(width - 1, '─')}┘`,
    `  ${seconds(0)}${seconds(span).padStart(width - seconds(0).length)}`,
  ]
}

function seconds(usec: number): string {
  return `+${(usec / 1_000_000).toFixed(3)} s`
}

function timeOf({ time, oomCase: { monotonicUsec } }: AnalysedEvent): string {
  if (time !== undefined) return time
  return monotonicUsec === undefined || monotonicUsec === 0 ? '–' : (monotonicUsec / 1_000_000).toFixed(3)
}
