import type { LogRecord } from './logReader.ts'
import { openLog } from './openLog.ts'

/** A saved log that is in memory as a whole → its records; see openLog for what does not fit there. */
export function readTextRecords(text: string): LogRecord[] {
  const bytes = Buffer.from(text)
  const records: LogRecord[] = []
  const log = openLog(bytes, (record) => records.push(record))
  log.push(bytes)
  log.end()
  return records
}
