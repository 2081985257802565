import { unescapeKmsg, type KmsgRecord } from '#kernel/kmsg/record.ts'
import { KERNEL_FACILITY, type LogLine } from './logLine.ts'
import { parseLogLine } from './parseLogLine.ts'
import { seamAtWidth } from './hardWidth.ts'
import { WrapWidth } from './wrapWidth.ts'
import { MAX_BROKEN_LINES, seamOf, type Seam } from './unwrap.ts'

/** A record of a saved log. `sequence` counts records from 0: what the log lost cannot be seen. */
export interface LogRecord extends KmsgRecord {
  /** Where it begins, counted from 1. */
  line: number
  /** The log's own time, as printed. */
  stamp?: string | undefined
  /** monotonicUsec is the kernel's; without it, it only orders this log's records. */
  hasKernelClock: boolean
}

/** Lines of a record are joined up to here, characters. */
const MAX_RECORD_LENGTH = 256 * 1024
const DEFAULT_LEVEL = 4
const SPACE = 0x20
const ROW = /^\[ *\d+\] /

/**
 * Lines of a saved log → records as the assembler takes them. A push parser without I/O: `onRecord` is called when the
 * next line shows that the record has ended, or by `end`.
 */
export class LogReader {
  readonly #onRecord: (record: LogRecord) => void
  #pending: LogRecord | undefined
  #pendingLines = 0
  /** The record is a row of a table; told when it begins, since to look at a text that grows costs all of it. */
  #isRow = false
  #indentation = 0
  readonly #width = new WrapWidth()
  readonly #hardWidth: number | undefined
  /** Of the line that is being read and of the one before it, as they stand in the log. */
  #length = 0
  #lengthBefore = 0
  /** Whether they end with a space. */
  #endsBlank = false
  #endedBlank = false
  /** The record's line was cut by a container runtime. */
  #partial = false
  /** The record is one of /dev/kmsg, which a dictionary of ` KEY=value` lines may follow. */
  #exact = false
  #facility = KERNEL_FACILITY
  #sequence = 0
  #line = 1
  /** A line without a time is as old as the one before. */
  #usec = 0
  #hasKernelClock = false
  #hasPrefixes = false

  /** @param hardWidth see hardWidthOf */
  constructor(onRecord: (record: LogRecord) => void, hardWidth?: number) {
    this.#onRecord = onRecord
    this.#hardWidth = hardWidth
  }

  /**
   * @param raw one line without its newline
   * @param lines how many of the log it was written as
   */
  push(raw: string, lines = 1): void {
    this.#lengthBefore = this.#length
    this.#length = raw.length
    this.#endedBlank = this.#endsBlank
    this.#endsBlank = raw.endsWith(' ')
    const parsed = parseLogLine(raw)
    const isBroken = !parsed.prefixed && parsed.text.trim() !== ''
    // Rows of a table are of one length, and so are those that a mail program broke at a space.
    this.#width.observe(this.#lengthBefore, isBroken && !(this.#pending !== undefined && this.#isRow))
    if (this.#partial && parsed.prefixed) this.#append(parsed.text, '')
    else if (parsed.prefixed) this.#begin(parsed)
    else this.#pushBare(parsed)
    this.#partial = parsed.partial === true
    this.#line += lines
  }

  /** The log ends here, be it within a line: the pid of a kill without a command may lack digits, and is not told. */
  end(): void {
    if (/\bKilled process \d+$/.test(this.#pending?.text ?? '')) this.#pending = undefined
    this.#emit()
  }

  #emit(): void {
    const record = this.#pending
    this.#pending = undefined
    if (record === undefined) return
    // Blanks at a line's end are a mail program's, or a terminal's.
    if (!this.#exact) record.text = record.text.trimEnd()
    if (record.text === '') return
    record.sequence = this.#sequence++
    this.#onRecord(record)
  }

  #pushBare(parsed: LogLine): void {
    // A newline at the end of a piece of a record is the record's own.
    const text = this.#exact ? trimSpaces(unescapeKmsg(parsed.text)) : parsed.text.trim()
    // Nothing goes on after an empty line.
    if (text === '') {
      this.#emit()
      return
    }
    const indentation = parsed.text.length - parsed.text.trimStart().length
    const record = this.#pending
    if (this.#exact && /^[A-Z][A-Z0-9_]*=/.test(text)) return
    if (record !== undefined && this.#pendingLines < MAX_BROKEN_LINES) {
      if (this.#hasPrefixes && this.#width.isHard(this.#lengthBefore)) {
        this.#append(parsed.text, '')
        return
      }
      const hard = this.#lengthBefore === this.#hardWidth ? seamAtWidth(record.text, parsed.text) : undefined
      if (hard !== undefined) {
        const blank = hard === ' ' || (this.#endedBlank && !record.text.endsWith(' '))
        this.#append(blank ? ` ${parsed.text}` : parsed.text, '')
        return
      }
      const seam = seamOf(record.text, firstLine(text), indentation > this.#indentation)
      if (seam !== undefined) {
        this.#append(text, seam)
        return
      }
    }
    this.#begin({ ...parsed, text, facility: this.#facility })
    this.#indentation = indentation
  }

  #append(text: string, seam: Seam): void {
    const record = this.#pending
    if (record === undefined || record.text.length + text.length > MAX_RECORD_LENGTH) return
    this.#pendingLines++
    record.text = seam === '' ? record.text + text : `${record.text.trimEnd()}${seam}${text}`
  }

  #begin(line: LogLine): void {
    this.#emit()
    this.#facility = line.facility ?? (line.prefixed ? KERNEL_FACILITY : this.#facility)
    this.#usec = this.#timeOf(line)
    this.#exact = line.exact === true
    this.#hasPrefixes ||= line.prefixed
    this.#pendingLines = 1
    this.#isRow = ROW.test(line.text)
    this.#indentation = 0
    this.#pending = {
      facility: this.#facility,
      level: line.level ?? DEFAULT_LEVEL,
      sequence: 0,
      monotonicUsec: this.#usec,
      continuation: false,
      caller: line.caller,
      text: line.text,
      line: this.#line,
      stamp: line.stamp,
      hasKernelClock: line.monotonicUsec !== undefined,
    }
  }

  /** The kernel's clock where the log has it: the log's own says when a line was written. */
  #timeOf(line: LogLine): number {
    if (line.monotonicUsec !== undefined) {
      this.#hasKernelClock = true
      return line.monotonicUsec
    }
    return this.#hasKernelClock ? this.#usec : (line.wallUsec ?? this.#usec)
  }
}

function firstLine(text: string): string {
  const end = text.indexOf('\n')
  return end < 0 ? text : text.slice(0, end)
}

/** Without the spaces around it. An expression for those at the end would begin anew at each space within. */
function trimSpaces(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) === SPACE) start++
  while (end > start && text.charCodeAt(end - 1) === SPACE) end--
  return text.slice(start, end)
}
