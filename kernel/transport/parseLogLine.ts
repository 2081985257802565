import { parseKmsgRecord } from '#kernel/kmsg/record.ts'
import { parseJsonEntry, parseMessageLine } from './jsonEntry.ts'
import { USER_FACILITY, type LogLine } from './logLine.ts'
import { cleanLine, dropPagerCut, unescapeMarkup, unescapeSyslog } from './markup.ts'
import { stripGuest, stripPrintk, stripPrompt } from './printkPrefix.ts'
import { stripCri, stripSyslog } from './syslogPrefix.ts'

/** `6,123,456,-;text`; the level of a console's /dev/kmsg has no more than three digits. */
const KMSG = /^\d{1,4},\d{1,15},\d{1,15},[-c+]?[^;]{0,80};/
const RECORD_SEPARATOR = 0x1e
const QUOTE = 0x22
/** `grep -n` and `grep -H`, where a transport's prefix follows. */
const GREP =
  /^(?:[\w./~-]{1,120}[:-])?\d{1,9}[:-](?=\[ *\d+\.\d{6}\]|<\d{1,3}>|[A-Z][a-z]{2} [ \d]\d \d\d:|\d{4}-\d\d-\d\d[T ]|\d+,\d+,\d+,)/

/** A list's bullet or number, where a transport's prefix follows. */
const BULLET =
  /^(?:[*•+-]|\d{1,5}[.)]) +(?=\[ *\+?\d|\[[^[\]]{2,24}\d\d:\d\d|<\d{1,3}>|[A-Z][a-z]{2} [ \d]\d \d\d:|\d{4}-\d\d-\d\d[T ])/

/**
 * One line of a saved log in any transport, told by its shape: logs are put together from several, and one transport
 * carries another (a container's log of dmesg).
 */
export function parseLogLine(raw: string): LogLine {
  const cleaned = cleanLine(raw)
  const trimmed = trimLine(cleaned)
  if (trimmed.charCodeAt(0) === 0x7b) {
    const entry = parseJsonEntry(trimmed)
    if (entry !== undefined) return entry.exact === true ? entry : stripAll(entry)
  }
  if (KMSG.test(trimmed)) {
    const record = parseKmsgRecord(trimmed)
    if (record.failure === undefined) return { ...record, prefixed: true, exact: true }
  }
  const message = trimmed.charCodeAt(0) === QUOTE ? parseMessageLine(trimmed) : undefined
  if (message !== undefined) return stripAll({ text: message, prefixed: true, facility: undefined })
  const unescaped = unescapeMarkup(raw)
  if (unescaped === raw) return parseText(cleaned, trimmed)
  const recleaned = cleanLine(unescaped)
  return parseText(recleaned, trimLine(recleaned))
}

function parseText(cleaned: string, trimmed: string): LogLine {
  const stripped = stripAll({ text: trimmed, prefixed: false, facility: undefined })
  const line = stripped.prefixed ? stripped : stripPrompt(stripped)
  // Without a prefix the indentation may be the kernel's.
  return { ...line, text: dropPagerCut(unescapeSyslog(line.prefixed ? line.text : cleaned)) }
}

function trimLine(text: string): string {
  return withoutSeparator(text).replace(GREP, '').replace(BULLET, '')
}

/** `journalctl -o json-seq` begins each entry with a record separator (RFC 7464). */
function withoutSeparator(text: string): string {
  return (text.charCodeAt(0) === RECORD_SEPARATOR ? text.slice(1) : text).trimStart()
}

function stripAll(line: LogLine): LogLine {
  const cri = stripCri(line)
  if (KMSG.test(cri.text)) {
    const record = parseKmsgRecord(cri.text)
    if (record.failure === undefined) return { ...cri, ...record, exact: true }
  }
  const syslog = stripSyslog(cri)
  const printk = stripPrintk(syslog)
  // A program's words stay its own, whatever they begin with.
  if (syslog.facility === USER_FACILITY) return syslog
  return printk.prefixed && printk.facility === undefined ? stripGuest(printk) : printk
}
