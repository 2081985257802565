import { LogReader } from '#kernel/transport/logReader.ts'
import { LogEvents } from './logEvents.ts'
import type { OomLogEvent } from './oomLogEvent.ts'

/** A saved log → its events, for tests. */
export function eventsOf(text: string): OomLogEvent[] {
  const events: OomLogEvent[] = []
  const log = new LogEvents((event) => events.push(event))
  const reader = new LogReader((record) => log.push(record))
  for (const line of text.split('\n')) reader.push(line)
  reader.end()
  log.finish()
  return events
}
