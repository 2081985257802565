import { TextBytes } from './textBytes.ts'

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

/** A record whose text is decoded when somebody asks for it: most lines of a log are looked at and passed over. */
export class RawKmsgRecord extends TextBytes implements KmsgRecord {
  declare readonly failure?: undefined
  readonly facility: number
  readonly level: number
  readonly sequence: number
  readonly monotonicUsec: number
  readonly continuation: boolean
  readonly caller: string | undefined
  readonly dictionary: Readonly<Record<string, string>> | undefined

  constructor(head: RecordHead, bytes: Buffer, start: number, end: number, dictionary: KmsgRecord['dictionary']) {
    super(bytes, start, end)
    this.facility = Math.floor(head.prefix / 8)
    this.level = head.prefix % 8
    this.sequence = head.sequence
    this.monotonicUsec = head.monotonicUsec
    this.continuation = head.continuation
    this.caller = head.caller
    this.dictionary = dictionary
  }

  static from(record: KmsgRecord): RawKmsgRecord {
    const prefix = record.facility * 8 + record.level
    const { bytes, start, end } = TextBytes.of(record.text)
    return new RawKmsgRecord({ ...record, prefix }, bytes, start, end, record.dictionary)
  }
}

/** What stands before the text. */
interface RecordHead {
  prefix: number
  sequence: number
  monotonicUsec: number
  continuation: boolean
  caller?: string | undefined
}

/** @returns the record, or what was wrong with it; never throws. Nothing returned refers to `raw`. */
export function parseKmsgRecord(raw: Buffer | string): KmsgRecord | KmsgFailure {
  const record = readKmsgRecord(typeof raw === 'string' ? Buffer.from(raw) : raw)
  if (record.failure !== undefined) return record
  const { facility, level, sequence, monotonicUsec, continuation, caller, text, dictionary } = record
  return { facility, level, sequence, monotonicUsec, continuation, caller, text, dictionary }
}

/**
 * The same, for a reader of many.
 * @param start where the record lies in `raw`, and `end` behind it
 * @returns a record that is good as long as `raw` is, or what was wrong; never throws
 */
export function readKmsgRecord(raw: Buffer, start = 0, end = raw.length): RawKmsgRecord | KmsgFailure {
  if (end <= start) return { failure: 'empty' }
  if (end - start > MAX_RECORD_BYTES) return { failure: 'tooLong' }

  const prefixEnd = endOfNumber(raw, start, end)
  const sequenceEnd = endOfNumber(raw, prefixEnd + 1, end)
  const usecEnd = endOfNumber(raw, sequenceEnd + 1, end)
  if (prefixEnd <= start || sequenceEnd <= prefixEnd + 1 || usecEnd <= sequenceEnd + 1) return { failure: 'badHeader' }
  if (raw[prefixEnd] !== COMMA || raw[sequenceEnd] !== COMMA) return { failure: 'badHeader' }
  if (raw[usecEnd] !== COMMA && raw[usecEnd] !== SEMICOLON) return { failure: 'badHeader' }
  let semicolon = usecEnd
  while (semicolon < end && raw[semicolon] !== SEMICOLON) semicolon++
  if (semicolon === end) return { failure: 'badHeader' }

  const head: RecordHead = {
    prefix: numberAt(raw, start, prefixEnd),
    sequence: numberAt(raw, prefixEnd + 1, sequenceEnd),
    monotonicUsec: numberAt(raw, sequenceEnd + 1, usecEnd),
    continuation: raw[usecEnd + 1] === CONTINUATION && semicolon > usecEnd + 1,
    caller: semicolon > usecEnd + 2 ? callerIn(raw, usecEnd, semicolon) : undefined,
  }
  const textStart = semicolon + 1
  let escaped = false
  let textEnd = textStart
  for (; textEnd < end && raw[textEnd] !== NEWLINE; textEnd++) if (raw[textEnd] === BACKSLASH) escaped = true
  const dictionary = textEnd + 1 < end ? parseDictionary(raw, textEnd + 1, end) : undefined
  if (!escaped) return new RawKmsgRecord(head, raw, textStart, textEnd, dictionary)
  const plain = unescapeBytes(raw, textStart, textEnd)
  return new RawKmsgRecord(head, plain, 0, plain.length, dictionary)
}

/** Fields may follow the flags; the kernel says to ignore those that one does not know. */
function callerIn(bytes: Buffer, start: number, end: number): string | undefined {
  const at = bytes.indexOf(',caller=', start)
  if (at < 0 || at >= end) return undefined
  const comma = bytes.indexOf(COMMA, at + 1)
  return bytes.toString('latin1', at + ',caller='.length, comma < 0 || comma > end ? end : comma)
}

function parseDictionary(bytes: Buffer, start: number, stop: number): Record<string, string> | undefined {
  let dictionary: Record<string, string> | undefined
  for (let at = start; at < stop;) {
    const newline = bytes.indexOf(NEWLINE, at)
    const end = newline < 0 || newline > stop ? stop : newline
    const equals = bytes.indexOf(EQUALS, at)
    if (bytes[at] === SPACE && equals > at + 1 && equals < end) {
      dictionary ??= Object.create(null) as Record<string, string>
      dictionary[bytes.toString('latin1', at + 1, equals)] = unescapeText(bytes, equals + 1, end)
    }
    at = end + 1
  }
  return dictionary
}

/** Decoded as UTF-8: a sequence cut or invalid becomes U+FFFD. */
function unescapeText(bytes: Buffer, start: number, end: number): string {
  return unescapeBytes(bytes, start, end).toString()
}

/** Undoes `\xNN`. */
function unescapeBytes(bytes: Buffer, start: number, end: number): Buffer {
  const plain = Buffer.allocUnsafe(end - start)
  let length = 0
  for (let at = start; at < end;) {
    const byte = escapedByte(bytes, at, end)
    plain[length++] = byte < 0 ? (bytes[at] ?? 0) : byte
    at += byte < 0 ? 1 : 4
  }
  return plain.subarray(0, length)
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
function endOfNumber(bytes: Buffer, start: number, stop: number): number {
  let at = start
  while (at < stop && at - start < 16 && isDigit(bytes[at])) at++
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
