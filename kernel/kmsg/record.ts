import { MAX_RECORD_BYTES, RawRecord, unescapeInto } from './rawRecord.ts'

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

const NEWLINE = 0x0a
const SPACE = 0x20
const EQUALS = 0x3d

/** @returns the record, or what was wrong with it; never throws. Nothing returned refers to `raw`. */
export function parseKmsgRecord(raw: Buffer | string): KmsgRecord | KmsgFailure {
  const bytes = typeof raw === 'string' ? Buffer.from(raw) : raw
  if (bytes.length > MAX_RECORD_BYTES) return { failure: 'tooLong' }
  const record = new RawRecord()
  const failure = record.read(bytes)
  if (failure !== undefined) return { failure }
  const { facility, level, sequence, monotonicUsec, continuation, caller, text } = record
  const dictionary = parseDictionary(bytes, record.next)
  return { facility, level, sequence, monotonicUsec, continuation, caller, text, dictionary }
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

/** A text of /dev/kmsg, or a piece of one, without its escapes. */
export function unescapeKmsg(text: string): string {
  if (!text.includes('\\x')) return text
  const bytes = Buffer.from(text)
  return unescapeText(bytes, 0, bytes.length)
}

/** Decoded as UTF-8: a sequence cut or invalid becomes U+FFFD. */
function unescapeText(bytes: Buffer, start: number, end: number): string {
  const plain = Buffer.allocUnsafe(end - start)
  return plain.toString('utf8', 0, unescapeInto(plain, bytes, start, end))
}
