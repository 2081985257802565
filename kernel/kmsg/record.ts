/** One record of /dev/kmsg. Source: Documentation/ABI/testing/dev-kmsg; kernel/printk/printk.c, msg_add_ext_text. */
export interface KmsgRecord {
  failure?: undefined
  /** Syslog facility. 0 is the kernel; user space cannot write it (printk.c, devkmsg_write). */
  facility: number
  /** Syslog level, 0 (emergency) to 7 (debug). */
  level: number
  /** Never repeats within a boot; a gap means that records were overwritten before they were read. */
  sequence: number
  /** Microseconds on the printk clock, which is not CLOCK_MONOTONIC. */
  monotonicUsec: number
  /** The kernel's hint ('c') that this continues a line; not always true, and lines without it may be continued. */
  continuation: boolean
  /** `T123` (thread) or `C0` (processor, in an interrupt) where CONFIG_PRINTK_CALLER is set. */
  caller?: string | undefined
  /** Unescaped and decoded; may hold newlines and anything else that a process chose to put there. */
  text: string
  /** The ` KEY=VALUE` lines after the text. */
  dictionary?: Readonly<Record<string, string>> | undefined
}

/** Why bytes were not a record. A value, not an exception: the kernel log must never stop its reader. */
export interface KmsgFailure {
  failure: 'empty' | 'tooLong' | 'badHeader'
}

/** printk.c, CONSOLE_EXT_LOG_MAX: what one read can return at most, in bytes. */
export const MAX_RECORD_BYTES = 8192

const NEWLINE = 0x0a
const SPACE = 0x20
const COMMA = 0x2c
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const BACKSLASH = 0x5c
const CONTINUATION = 0x63 // 'c'; '-' otherwise, '+' for later fragments on old kernels

/** @returns the record, or what was wrong with it; never throws. Nothing returned refers to `raw`. */
export function parseKmsgRecord(raw: Buffer | string): KmsgRecord | KmsgFailure {
  const bytes = typeof raw === 'string' ? Buffer.from(raw) : raw
  if (bytes.length === 0) return { failure: 'empty' }
  if (bytes.length > MAX_RECORD_BYTES) return { failure: 'tooLong' }

  const prefixEnd = endOfNumber(bytes, 0)
  const sequenceEnd = endOfNumber(bytes, prefixEnd + 1)
  const usecEnd = endOfNumber(bytes, sequenceEnd + 1)
  if (prefixEnd <= 0 || sequenceEnd <= prefixEnd + 1 || usecEnd <= sequenceEnd + 1) return { failure: 'badHeader' }
  if (bytes[prefixEnd] !== COMMA || bytes[sequenceEnd] !== COMMA) return { failure: 'badHeader' }
  const textStart = bytes.indexOf(SEMICOLON, usecEnd) + 1
  if (textStart === 0 || (bytes[usecEnd] !== COMMA && bytes[usecEnd] !== SEMICOLON)) return { failure: 'badHeader' }

  const prefix = numberAt(bytes, 0, prefixEnd)
  const newline = bytes.indexOf(NEWLINE, textStart)
  const textEnd = newline < 0 ? bytes.length : newline
  return {
    facility: Math.floor(prefix / 8),
    level: prefix % 8,
    sequence: numberAt(bytes, prefixEnd + 1, sequenceEnd),
    monotonicUsec: numberAt(bytes, sequenceEnd + 1, usecEnd),
    continuation: bytes[usecEnd + 1] === CONTINUATION && textStart > usecEnd + 2,
    caller: callerIn(bytes, usecEnd, textStart - 1),
    text: unescapeText(bytes, textStart, textEnd),
    dictionary: textEnd + 1 < bytes.length ? parseDictionary(bytes, textEnd + 1) : undefined,
  }
}

/** Fields may follow the flags; the kernel says to ignore those that one does not know. */
function callerIn(bytes: Buffer, start: number, end: number): string | undefined {
  const at = bytes.indexOf(',caller=', start)
  if (at < 0 || at >= end) return undefined
  const comma = bytes.indexOf(COMMA, at + 1)
  return bytes.toString('latin1', at + ',caller='.length, comma < 0 || comma > end ? end : comma)
}

function parseDictionary(bytes: Buffer, start: number): Record<string, string> | undefined {
  let dictionary: Record<string, string> | undefined
  for (let at = start; at < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, at)
    const end = newline < 0 ? bytes.length : newline
    const equals = bytes.indexOf(EQUALS, at)
    if (bytes[at] === SPACE && equals > at + 1 && equals < end) {
      dictionary ??= Object.create(null) as Record<string, string>
      dictionary[bytes.toString('latin1', at + 1, equals)] = unescapeText(bytes, equals + 1, end)
    }
    at = end + 1
  }
  return dictionary
}

/** Undoes `\xNN` to bytes, then decodes UTF-8: a sequence cut or invalid becomes U+FFFD. */
function unescapeText(bytes: Buffer, start: number, end: number): string {
  const escape = bytes.indexOf(BACKSLASH, start)
  if (escape < 0 || escape >= end) return bytes.toString('utf8', start, end)
  const plain = Buffer.allocUnsafe(end - start)
  let length = 0
  for (let at = start; at < end;) {
    const byte = escapedByte(bytes, at, end)
    plain[length++] = byte < 0 ? (bytes[at] ?? 0) : byte
    at += byte < 0 ? 1 : 4
  }
  return plain.toString('utf8', 0, length)
}

/** @returns −1 where no whole `\xNN` stands. */
function escapedByte(bytes: Buffer, at: number, end: number): number {
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== 0x78 || at + 4 > end) return -1
  const high = hexDigit(bytes[at + 2] ?? 0)
  const low = hexDigit(bytes[at + 3] ?? 0)
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** 15 digits at most: more could not be told apart as a number. */
function endOfNumber(bytes: Buffer, start: number): number {
  let at = start
  while (at - start < 16 && isDigit(bytes[at])) at++
  return at - start > 15 ? -1 : at
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function numberAt(bytes: Buffer, start: number, end: number): number {
  let value = 0
  for (let at = start; at < end; at++) value = value * 10 + (bytes[at] ?? 0) - 0x30
  return value
}
