import { KERNEL_FACILITY, USER_FACILITY, type LogLine } from './logLine.ts'
import { parseStamp } from './stamp.ts'

/** The fields of a journal's entry that are read here; journalctl writes them in other formats too. */
export const JOURNAL_FIELDS: ReadonlySet<string> = new Set([
  'MESSAGE',
  'PRIORITY',
  'SYSLOG_IDENTIFIER',
  '_TRANSPORT',
  '_SOURCE_MONOTONIC_TIMESTAMP',
  '__MONOTONIC_TIMESTAMP',
  '__REALTIME_TIMESTAMP',
])

/** A line of an entry that was written over several, as `gcloud logging read --format json` does. */
const MESSAGE_LINE = /^"(?:textPayload|MESSAGE|message|log|msg)" ?: ?("\[ *\d{1,12}\.\d{6}\].*"),?$/

/**
 * The kernel's words of such a line, told by the kernel's time before them: whose they are stands on another one.
 * @returns undefined where the line is none, or another program's
 */
export function parseMessageLine(line: string): string | undefined {
  const written = MESSAGE_LINE.exec(line)?.[1]
  if (written === undefined) return undefined
  try {
    return textOf(JSON.parse(written))?.replace(LINE_END, '')
  } catch {
    return undefined
  }
}

/** A serial console's, which may have been escaped once more. */
const LINE_END = /(?:\\[rn]|[\r\n])+$/

/** Fields of an entry → the line that parseJsonEntry reads; an empty one for an entry without a message. */
export function entryLine(entry: Readonly<Record<string, string>>): string {
  return entry['MESSAGE'] === undefined ? '' : JSON.stringify(entry)
}

/**
 * One line of `journalctl -o json`, of docker's json-file, or of a collector that writes `message`, `log` or `textPayload`.
 * journald writes a text that is not UTF-8 or has control characters as an array of bytes, and a long one as null.
 * Source: systemd, src/shared/logs-show.c, json_dump_entry.
 * @returns undefined where the line is not such an object
 */
export function parseJsonEntry(line: string): LogLine | undefined {
  const entry = parseObject(line)
  if (entry === undefined) return undefined
  const text = textOf(entry['MESSAGE'] ?? entry['log'] ?? entry['message'] ?? entry['msg'] ?? entry['textPayload'])
  if (text === undefined) return undefined
  const isJournal = entry['MESSAGE'] !== undefined
  const partial = !isJournal && entry['log'] !== undefined && !text.endsWith('\n')
  const stamp = textOf(entry['time'] ?? entry['timestamp'] ?? entry['@timestamp'])
  return {
    text: isJournal ? text : text.replace(LINE_END, ''),
    prefixed: true,
    exact: isJournal,
    partial,
    facility: facilityOf(entry),
    level: countOf(entry['PRIORITY']),
    monotonicUsec: isJournal
      ? countOf(entry['_SOURCE_MONOTONIC_TIMESTAMP'] ?? entry['__MONOTONIC_TIMESTAMP'])
      : undefined,
    stamp,
    wallUsec: stamp === undefined ? countOf(entry['__REALTIME_TIMESTAMP']) : parseStamp(stamp),
  }
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** journald sets _TRANSPORT itself; a program can choose its identifier, not its transport. */
function facilityOf(entry: Record<string, unknown>): number | undefined {
  if (entry['_TRANSPORT'] !== undefined) return entry['_TRANSPORT'] === 'kernel' ? KERNEL_FACILITY : USER_FACILITY
  const tag = entry['SYSLOG_IDENTIFIER'] ?? entry['syslog_identifier'] ?? entry['ident'] ?? entry['appname']
  return tag === undefined ? undefined : tag === 'kernel' ? KERNEL_FACILITY : USER_FACILITY
}

/** JSON can escape half a character, as no UTF-8 text has it. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.toWellFormed()
  if (!Array.isArray(value)) return undefined
  // A field that was given twice is an array of texts; the first is the message.
  return value.every((byte) => Number.isInteger(byte)) ? Buffer.from(value as number[]).toString() : textOf(value[0])
}

function countOf(value: unknown): number | undefined {
  const count = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined
}
