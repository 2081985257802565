import { byteTable, hasAt } from '#kernel/ascii.ts'
import { parseGroupLine } from './groupLine.ts'
import type { RawRecord } from '#kernel/kmsg/rawRecord.ts'
import { isHeaderLine, isProcessLine, MAX_COMMAND_LENGTH } from './header.ts'
import { shapeOfFrequent } from './frequentLines.ts'
import { isChoiceLine, isKillLine, isSkippedLine, mayDecide } from './killLine.ts'
import { isMemcgLine } from './memcgLines.ts'
import { isMemoryLine, endOfStat } from './memoryLines.ts'
import { OOM_KILL_PREFIX } from './oomKillLine.ts'
import { isSlabRow, isSlabTableStart } from './slabLines.ts'
import { compileStarts, DIGITS, WORD } from './startPatterns.ts'
import { CURRENT_HEADERS, parseTableHeader } from './taskColumns.ts'
import { isTableRow } from './taskTable.ts'

/** A record's text: as UTF-8 in `bytes`, from `start` to before `end`, and decoded. */
export type LineText = Pick<RawRecord, 'bytes' | 'start' | 'end' | 'text'>

/**
 * What a line of the killer's report is. `title` stands above the task table, `processor` says who printed the dump,
 * `stat` is a line of memory.stat and `statFile` all of it;
 * `detail` is a stack, registers and the like, kept for people to read; `other` is somebody else's.
 */
export type LineShape =
  | 'header'
  | 'processor'
  | 'cpuset'
  | 'title'
  | 'tableHeader'
  | 'row'
  | 'memory'
  | 'stat'
  | 'statFile'
  | 'memcg'
  | 'slabStart'
  | 'announcement'
  | 'group'
  | 'choice'
  | 'kill'
  | 'skipped'
  | 'noKillable'
  | 'panic'
  | 'allocationFailure'
  | 'detail'
  | 'other'

/** No line of a dump that counts is shorter. */
const SHORTEST = 'rss 0'.length

/** Nor are those that begin with a command. */
const SHORTEST_NAMED = ' invoked oom-killer'.length

const SPACE = 0x20
const COLON = 0x3a
const BRACKET = 0x5b

/**
 * Told once for each record, from the start of its text alone: a command may hold anything, newlines too. Lines that
 * begin with a command come first, since it may look like any other. What is frequent is told from the bytes; the
 * others are decoded and tried against the few expressions that may fit.
 */
export function shapeOf(line: LineText): LineShape {
  const { bytes, start, end } = line
  if (end - start < SHORTEST) return 'other'
  const statEnd = endOfStat(bytes, start, end)
  if (statEnd === end) return 'stat'
  const named = end - start < SHORTEST_NAMED ? undefined : shapeAfterCommand(line)
  if (named !== undefined) return named
  const first = bytes[start] ?? 0
  // A line of a stack, most of the time.
  if (first === SPACE) {
    if (mayBeCounters(bytes, start) && isMemoryLine(line.text)) return 'memory'
    return hasAt(bytes, start, KILLED_IN) ? 'memcg' : 'detail'
  }
  if (first === BRACKET) return shapeInBrackets(line)
  if (statEnd > 0) return 'statFile'
  return shapeOfFrequent(bytes, start, end) ?? shapeOfWords(line.text)
}

/** By the words after the command, which stand where it ends at the latest. */
function shapeAfterCommand(line: LineText): LineShape | undefined {
  const { bytes, start, end } = line
  let limit = Math.min(end, start + MAX_COMMAND_LENGTH + 2)
  for (let at = start; at < limit; at++) {
    const byte = bytes[at] ?? 0
    if (IN_COMMAND[byte] === 1) continue
    if (byte > COLON) {
      // Characters count, not bytes: what was not UTF-8 has become three of them.
      limit = Math.min(end, start + 3 * (MAX_COMMAND_LENGTH + 2))
    } else if (byte === SPACE) {
      const next = bytes[at + 1]
      // i, c
      if (next === 0x69 && hasAt(bytes, at, INVOKED) && isHeaderLine(line.text)) return 'header'
      if (next === 0x63 && hasAt(bytes, at, CPUSET) && isCpusetLine(line.text)) return 'cpuset'
    } else if (bytes[at + 1] === SPACE) {
      const next = bytes[at + 2]
      // p, v
      if ((next === 0x70 || next === 0x76) && ALLOCATION_FAILURE.test(line.text)) return 'allocationFailure'
    }
  }
  return undefined
}

/** ASCII that begins no words after the command. */
const IN_COMMAND = byteTable(/[^ :\x80-\xff]/)

/** kernel/cgroup/cpuset.c, cpuset_print_current_mems_allowed, a line of its own before 5.0. */
function isCpusetLine(text: string): boolean {
  const at = text.indexOf(' cpuset=')
  return at >= 0 && at <= MAX_COMMAND_LENGTH
}

const KILLED_IN = Buffer.from(' killed as a result of limit of ')
const INVOKED = Buffer.from(' invoked oom-killer')
const CPUSET = Buffer.from(' cpuset=')

/** Whether a name with a colon follows the spaces: `active_anon:1 …`; what a stack's line names ends in `+0x1f/0x30`. */
function mayBeCounters(bytes: Buffer, start: number): boolean {
  let at = start
  while (bytes[at] === SPACE) at++
  while (COUNTER_NAME[bytes[at] ?? 0] === 1) at++
  return bytes[at] === COLON
}

const COUNTER_NAME = byteTable(/[A-Za-z_]/)

/** mm/page_alloc.c, warn_alloc. */
const ALLOCATION_FAILURE = /^.{0,16}: (?:page|vmemmap) alloc(?:ation)? failure[:.]/s

function shapeInBrackets(line: LineText): LineShape {
  if (isTableRow(line.bytes, line.start, line.end)) return 'row'
  if (line.bytes[line.start + 1] === 0x3c) return 'detail' // `[<ffffffff810c29e1>] ? …`
  if (isCurrentHeader(line)) return 'tableHeader'
  return parseTableHeader(line.text) === undefined ? shapeOfDetail(line.text) : 'tableHeader'
}

const CURRENT_HEADER_BYTES = CURRENT_HEADERS.map((text) => Buffer.from(text))

/** Known without decoding. */
function isCurrentHeader({ bytes, start, end }: LineText): boolean {
  return CURRENT_HEADER_BYTES.some((header) => end - start === header.length && hasAt(bytes, start, header))
}

function shapeOfWords(text: string): LineShape {
  const decision = mayDecide(text) ? shapeOfDecision(text) : undefined
  if (decision !== undefined) return decision
  switch (text.charCodeAt(0)) {
    case 0x6f: // o
      if (text.startsWith(OOM_KILL_PREFIX)) return 'announcement'
      if (isHeaderLine(text)) return 'header'
      return NO_KILLABLE.test(text) ? 'noKillable' : shapeOfDetail(text)
    case 0x4f: // O
      return NO_KILLABLE.test(text) ? 'noKillable' : shapeOfDetail(text)
    case 0x50: // P
      if (text.startsWith('Pid: ') || isProcessLine(text)) return 'processor'
      break
    case 0x54: // T
      if (parseGroupLine(text) !== undefined) return 'group'
      if (text.startsWith('Tasks state (memory values')) return 'title'
      break
    case 0x4b: // K
      if (text.startsWith(PANIC)) return OOM_PANIC.test(text) ? 'panic' : 'other'
      break
    default:
  }
  if (isMemoryLine(text)) return 'memory'
  return isMemcgLine(text) ? 'memcg' : shapeOfDetail(text)
}

function shapeOfDecision(text: string): LineShape | undefined {
  if (isKillLine(text)) return 'kill'
  if (isChoiceLine(text)) return 'choice'
  return isSkippedLine(text) ? 'skipped' : undefined
}

const NO_KILLABLE = /^out of memory and no killable processes/i
const PANIC = 'Kernel panic - not syncing: '
/** mm/oom_kill.c: out_of_memory and check_panic_on_oom. */
const OOM_PANIC = /^Kernel panic - not syncing: (?:out of memory|system is deadlocked on memory)/i

const isDetail = compileStarts([
  ['C', 'Call [Tt]race:|CS: |CR2: '],
  ['E', 'EFLAGS'],
  ['F', 'FS: '],
  ['G', 'GPR\\d'],
  ['H', 'Hardware name: '],
  ['L', 'LR '],
  ['M', 'Modules linked in|MSR: '],
  ['N', 'NIP |Name {3,}Used'],
  ['P', 'PKRU: '],
  ['R', 'R[A-Z0-9]{2}:|REGS: '],
  ['T', 'Tainted: '],
  ['W', 'Workqueue: '],
  [DIGITS, '\\d+ (?:hwpoisoned|slab) pages'],
  [WORD, '\\w{2,3} ?: [0-9a-f]{8}'],
])

function shapeOfDetail(text: string): LineShape {
  if (isDetail(text)) return 'detail'
  if (isSlabTableStart(text)) return 'slabStart'
  return isSlabRow(text) ? 'detail' : 'other'
}

export function shapeOfText(text: string): LineShape {
  return shapeOf(encodeLine(text))
}

export function encodeLine(text: string): LineText {
  const bytes = Buffer.from(text)
  return { bytes, start: 0, end: bytes.length, text }
}
