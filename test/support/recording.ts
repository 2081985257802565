import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { formatKmsgRecord } from '../../kernel/kmsg/formatRecord.ts'
import { parseKmsgRecord, type KmsgRecord } from '../../kernel/kmsg/record.ts'

const folder = resolve(import.meta.dirname, '../fixtures/kmsg')

export function recordingPath(name: string): string {
  return resolve(folder, name)
}

/** The records of a captured kernel log, one a line, as bytes. */
export function readRecording(name: string): Buffer[] {
  return readFileSync(recordingPath(name), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(' '))
    .map((line) => Buffer.from(line))
}

export interface Recast {
  /** Moves the records' sequences, so that several copies make one log. */
  sequenceOffset?: number
  /** Moves their time stamps. */
  usecOffset?: number
  /** Puts the victim's process elsewhere: another cgroup in place of the recorded one. */
  cgroup?: { from: string; to: string }
}

/** A copy of a recording with other sequences and another cgroup, as /dev/kmsg would return it. */
export function recast(records: readonly Buffer[], { sequenceOffset = 0, usecOffset = 0, cgroup }: Recast): string {
  return records
    .map((raw) => parseKmsgRecord(raw))
    .filter((record): record is KmsgRecord => record.failure === undefined)
    .map((record) =>
      formatKmsgRecord({
        ...record,
        sequence: record.sequence + sequenceOffset,
        monotonicUsec: record.monotonicUsec + usecOffset,
        text: cgroup === undefined ? record.text : record.text.replaceAll(cgroup.from, cgroup.to),
      }),
    )
    .join('')
}

export interface Repetition {
  /** Which copy the first one is. */
  from?: number
  /** Between the time stamps of two copies, microseconds. */
  usecApart?: number
}

/** So many copies of a recording as one log, the sequences of each a thousand after those of the one before. */
export function repeat(
  records: readonly Buffer[],
  times: number,
  { from = 0, usecApart = 0 }: Repetition = {},
): string {
  return Array.from({ length: times }, (_, at) =>
    recast(records, { sequenceOffset: (from + at) * 1000, usecOffset: (from + at) * usecApart }),
  ).join('')
}
