import { openLog } from '#kernel/transport/openLog.ts'
import { LogEvents } from './logEvents.ts'
import type { OomLogEvent } from './oomLogEvent.ts'

/** A saved log → its events, for tests. */
export function eventsOf(text: Buffer | string): OomLogEvent[] {
  const events: OomLogEvent[] = []
  const log = new LogEvents((event) => events.push(event))
  const bytes = Buffer.from(text)
  const input = openLog(bytes, (record) => log.push(record))
  input.push(bytes)
  input.end()
  log.finish()
  return events
}
