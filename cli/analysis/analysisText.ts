import type { AnalysedEvent, TextOptions } from './analysedEvent.ts'
import { eventLines } from './eventText.ts'
import { WIDTH } from './layout.ts'
import { styleOf } from './style.ts'
import { summaryTable, timeline } from './summary.ts'

/**
 * Events for people, in 80 columns: with several of them a timeline and a table first. Whatever the log had in it is
 * shown printable.
 */
export function formatAnalysis(events: readonly AnalysedEvent[], options: TextOptions): string {
  const style = styleOf(options.color)
  const title = (text: string) => [style.title(text), style.dim('─'.repeat(WIDTH))]
  const lines: string[] = []
  if (events.length > 1) {
    lines.push(...title(`${events.length} OOM events`), ...timeline(events), ...summaryTable(events), '')
  }
  events.forEach((event, at) => {
    if (at > 0) lines.push('')
    if (events.length > 1) lines.push(...title(`OOM event ${at + 1} of ${events.length}`))
    lines.push(...eventLines(event, options))
  })
  return `${lines.join('\n')}\n`
}
