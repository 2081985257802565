import { LogReader, type LogRecord } from './logReader.ts'

/** A saved log that is in memory as a whole → its records; see LogReader for what does not fit there. */
export function* readTextRecords(text: string): Generator<LogRecord> {
  let records: LogRecord[] = []
  const reader = new LogReader((record) => records.push(record))
  for (const line of text.split('\n')) {
    reader.push(line)
    yield* records
    records = []
  }
  reader.end()
  yield* records
}
