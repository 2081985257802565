import { isAscii } from 'node:buffer'
import { isDigit } from '#kernel/ascii.ts'
import type { KmsgFailure, KmsgRecord } from './record.ts'

/** printk.c, CONSOLE_EXT_LOG_MAX: what one read can return at most, in bytes. */
export const MAX_RECORD_BYTES = 8192

const NEWLINE = 0x0a
const COMMA = 0x2c
const SEMICOLON = 0x3b
const BACKSLASH = 0x5c
const CONTINUATION = 0x63 // 'c'; '-' otherwise, '+' for later fragments on old kernels
/** More could not be told apart as a number. */
const MAX_DIGITS = 15

const NOTHING = Buffer.alloc(0)

/**
 * One record at a time, read where it lies: each `read` overwrites the last. Most lines of a log are looked at and passed
 * over, so nothing is made of them, and the text is decoded when somebody asks for it. Good as long as `raw` is.
 */
export class RawRecord implements KmsgRecord {
  facility = 0
  level = 0
  sequence = 0
  monotonicUsec = 0
  continuation = false
  caller: string | undefined
  /** The text as UTF-8 lies in `bytes`, from `start` to before `end`. */
  bytes: Buffer = NOTHING
  start = 0
  end = 0
  /** Where in `raw` the line after the record's text begins: its dictionary, or the next record. */
  next = 0
  #text: string | undefined
  /** What is read from, and all of it as text where every byte is a character: a piece of that costs next to nothing. */
  #raw: Buffer = NOTHING
  #rawText: string | undefined
  /** Where the next backslash is, from which on it has to be looked for again. */
  #backslash = 0
  #scratch: Buffer = NOTHING

  /** Bytes that are not UTF-8 become U+FFFD. */
  get text(): string {
    // Not kept: to write it down costs as much as to cut it out again.
    if (this.#rawText !== undefined && this.bytes === this.#raw) return this.#rawText.slice(this.start, this.end)
    this.#text ??= this.bytes.toString('utf8', this.start, this.end)
    return this.#text
  }

  /** Takes over a record that was read elsewhere. */
  take(record: KmsgRecord): this {
    this.facility = record.facility
    this.level = record.level
    this.sequence = record.sequence
    this.monotonicUsec = record.monotonicUsec
    this.continuation = record.continuation
    this.caller = record.caller
    // A character of UTF-16 has three bytes at most.
    const room = record.text.length * 3
    if (this.#scratch.length < room) this.#scratch = Buffer.allocUnsafe(room)
    this.#setText(this.#scratch, 0, this.#scratch.write(record.text))
    this.#text = record.text
    return this
  }

  /**
   * @param at where the record begins
   * @returns what was wrong with it, undefined where nothing was; never throws
   */
  read(raw: Buffer, at = 0): KmsgFailure['failure'] | undefined {
    this.next = raw.length
    if (at >= raw.length) return 'empty'
    if (raw !== this.#raw) this.#setRaw(raw)
    let from = at
    let prefix = 0
    while (isDigit(raw[at])) prefix = prefix * 10 + digitAt(raw, at++)
    if (!isNumberEnd(raw, from, at)) return this.#fail(raw, from)
    from = ++at
    let sequence = 0
    while (isDigit(raw[at])) sequence = sequence * 10 + digitAt(raw, at++)
    if (!isNumberEnd(raw, from, at)) return this.#fail(raw, from)
    from = ++at
    let usec = 0
    // As many digits as 32 bits hold are counted in whole numbers: quicker than the rest.
    while (at < from + 9 && isDigit(raw[at])) usec = (usec * 10 + digitAt(raw, at++)) | 0
    while (isDigit(raw[at])) usec = usec * 10 + digitAt(raw, at++)
    if (!isNumberEnd(raw, from, at) && raw[at] !== SEMICOLON) return this.#fail(raw, from)
    if (at === from || at - from > MAX_DIGITS) return this.#fail(raw, from)
    const flags = at
    while (at < raw.length && raw[at] !== SEMICOLON && raw[at] !== NEWLINE) at++
    if (raw[at] !== SEMICOLON) return this.#fail(raw, from)

    this.level = prefix & 7
    this.facility = (prefix - this.level) / 8
    this.sequence = sequence
    this.monotonicUsec = usec
    this.continuation = raw[flags + 1] === CONTINUATION && at > flags + 1
    this.caller = at > flags + 2 ? callerIn(raw, flags, at) : undefined
    return this.#readText(raw, at + 1)
  }

  #readText(raw: Buffer, start: number): KmsgFailure['failure'] | undefined {
    const newline = this.#rawText?.indexOf('\n', start) ?? raw.indexOf(NEWLINE, start)
    const end = newline < 0 ? raw.length : newline
    this.next = end + 1
    if (end - start > MAX_RECORD_BYTES) return 'tooLong'
    if (this.#backslash < start) this.#backslash = indexOrEnd(raw, BACKSLASH, start)
    if (this.#backslash < end) this.#unescape(raw, start, end)
    else this.#setText(raw, start, end)
    return undefined
  }

  #setRaw(raw: Buffer): void {
    this.#raw = raw
    this.#rawText = isAscii(raw) ? raw.toString('latin1') : undefined
    this.#backslash = indexOrEnd(raw, BACKSLASH, 0)
  }

  #fail(raw: Buffer, at: number): 'badHeader' {
    const newline = raw.indexOf(NEWLINE, at)
    this.next = newline < 0 ? raw.length : newline + 1
    return 'badHeader'
  }

  #unescape(raw: Buffer, start: number, end: number): void {
    if (this.#scratch.length < end - start) this.#scratch = Buffer.allocUnsafe(MAX_RECORD_BYTES)
    this.#setText(this.#scratch, 0, unescapeInto(this.#scratch, raw, start, end))
  }

  #setText(bytes: Buffer, start: number, end: number): void {
    if (this.bytes !== bytes) this.bytes = bytes
    this.start = start
    this.end = end
    this.#text = undefined
  }
}

function indexOrEnd(bytes: Buffer, byte: number, start: number): number {
  const at = bytes.indexOf(byte, start)
  return at < 0 ? bytes.length : at
}

function digitAt(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) - 0x30
}

function isNumberEnd(bytes: Buffer, from: number, at: number): boolean {
  return at > from && at - from <= MAX_DIGITS && bytes[at] === COMMA
}

/** Fields may follow the flags; the kernel says to ignore those that one does not know. */
function callerIn(bytes: Buffer, start: number, end: number): string | undefined {
  const at = bytes.indexOf(',caller=', start)
  if (at < 0 || at >= end) return undefined
  const comma = bytes.indexOf(COMMA, at + 1)
  return bytes.toString('latin1', at + ',caller='.length, comma < 0 || comma > end ? end : comma)
}

/** Undoes `\xNN`. @returns how many bytes that gave */
export function unescapeInto(plain: Buffer, bytes: Buffer, start: number, end: number): number {
  let length = 0
  for (let at = start; at < end; at++) {
    let byte = bytes[at] ?? 0
    if (byte === BACKSLASH) {
      const escaped = escapedByte(bytes, at, end)
      if (escaped >= 0) {
        byte = escaped
        at += 3
      }
    }
    plain[length++] = byte
  }
  return length
}

/** @returns −1 where no whole `\xNN` stands. */
function escapedByte(bytes: Buffer, at: number, end: number): number {
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== 0x78 || at + 4 > end) return -1
  const high = hexDigit(bytes[at + 2] ?? 0)
  const low = hexDigit(bytes[at + 3] ?? 0)
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
