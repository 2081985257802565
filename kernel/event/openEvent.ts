import type { LineShape } from '#kernel/dump/lineShape.ts'
import { readOomDump } from '#kernel/dump/parseOomDump.ts'
import type { OomDump } from '#kernel/dump/oomDump.ts'
import {
  isOomKillLineEnd,
  isWholeOomKillLine,
  MAX_OOM_KILL_LENGTH,
  parseOomKillLine,
  type OomKillLine,
} from '#kernel/dump/oomKillLine.ts'
import type { RawRecord } from '#kernel/kmsg/rawRecord.ts'
import type { KmsgRecord } from '#kernel/kmsg/record.ts'
import { parseChoiceLine } from '#kernel/dump/killLine.ts'
import { EventLines } from './eventLines.ts'
import { kindOf } from './lineKind.ts'
import type { OomVictim } from './oomEvent.ts'

/** Bounds of what one event may hold; a dump of 20,000 tasks fits. */
export const MAX_EVENT_BYTES = 2 * 1024 * 1024
export const MAX_EVENT_LINES = 24_576
/** What says who is killed comes last: room that is kept for it. */
const DECISION_BYTES = 64 * 1024
const DECISION_LINES = 64
/** What an outcome carries as rawLines, bytes of UTF-8. */
export const MAX_RAW_BYTES = 256 * 1024

interface Announcement {
  text: string
  /** Of its last record. */
  sequence: number
  /** Where it stands among the event's lines. */
  at: number
  line: OomKillLine | undefined
  isWhole: boolean
}

/** A dump as it comes in, until the line that decides what becomes of it. */
export class OpenEvent {
  readonly firstSequence: number
  lastSequence: number
  lastUsec: number
  hasHeader = false
  hasEvidence = false
  memInfoSeen = false
  /** Set while a second Mem-Info comes in that is not this event's. */
  inForeignMemory = false
  announcedPid: number | undefined
  chosen: { pid: number; message?: string | undefined } | undefined
  /** Lines left out for want of room. */
  overflow = 0
  readonly #lines = new EventLines()
  /** The last `oom-kill:` line, which may still be continued. */
  #announcement: Announcement | undefined

  constructor(record: KmsgRecord) {
    this.firstSequence = record.sequence
    this.lastSequence = record.sequence
    this.lastUsec = record.monotonicUsec
  }

  add(record: RawRecord, shape: LineShape): void {
    const kind = kindOf(shape)
    this.lastSequence = record.sequence
    this.lastUsec = record.monotonicUsec
    if (kind === 'detail') {
      if (this.#hasRoomFor(record, false)) this.#lines.push(record, shape)
      else this.overflow++
      return
    }
    if (kind === 'header') this.hasHeader = true
    if (kind === 'evidence' || kind === 'announcement') this.hasEvidence = true
    if (kind === 'memory' && isMemInfo(record)) {
      this.inForeignMemory = this.memInfoSeen
      this.memInfoSeen = true
    }
    if (kind === 'memory' && this.inForeignMemory) return
    if (kind !== 'memory') this.inForeignMemory = false
    if (kind === 'choice') this.chosen = parseChoiceLine(record.text)
    // There is one kill line, which ends the event.
    if (kind !== 'kill' && !this.#hasRoomFor(record, kind === 'announcement' || kind === 'choice')) {
      this.overflow++
      return
    }
    this.#lines.push(record, shape)
    if (kind === 'announcement') this.#announce(record.text, record.sequence, this.#lines.texts.length - 1)
  }

  /**
   * Joins a continuation to the `oom-kill:` line: with long cgroup paths it does not fit one record (1 KiB), and its
   * end, with the victim, comes in the next. Other continuations are lines of their own (zones without NUMA). Other
   * output in between takes the flag away: then only the victim is taken for the end.
   */
  continueAnnouncement(record: RawRecord): boolean {
    const known = this.#announcement
    if (known === undefined || known.text.length > MAX_OOM_KILL_LENGTH) return false
    if (!record.continuation && (known.isWhole || !isOomKillLineEnd(record.text))) return false
    if (known.isWhole && record.sequence !== known.sequence + 1) return false
    const text = known.text + record.text
    this.#announce(text, record.sequence, known.at)
    this.#lines.append(known.at, record)
    this.lastUsec = record.monotonicUsec
    return true
  }

  #announce(text: string, sequence: number, at: number): void {
    const line = parseOomKillLine(text)
    this.#announcement = { text, sequence, at, line, isWhole: isWholeOomKillLine(text) }
    this.announcedPid = line?.victim?.pid
  }

  #hasRoomFor({ start, end }: RawRecord, isDecision: boolean): boolean {
    const bytes = this.#lines.byteLength + end - start - (isDecision ? DECISION_BYTES : 0)
    return bytes <= MAX_EVENT_BYTES && this.#lines.texts.length - (isDecision ? DECISION_LINES : 0) < MAX_EVENT_LINES
  }

  /** Whether a victim is named already, and this line names another: then it is another event's. */
  isAnnounced(text: string, kind: 'announcement' | 'choice'): boolean {
    if (kind === 'choice') return this.chosen !== undefined && this.chosen.pid !== parseChoiceLine(text)?.pid
    if (this.announcedPid === undefined) return false
    const other = parseOomKillLine(text)?.victim?.pid
    return other !== undefined && other !== this.announcedPid
  }

  /** Takes the last line out again: it was another event's. */
  withdrawLast(): void {
    this.#lines.pop()
  }

  /** Whether anything in it is printed by the killer alone. */
  isKillers(): boolean {
    return this.hasHeader || this.hasEvidence || this.chosen !== undefined
  }

  parse(victim?: OomVictim): OomDump {
    return readOomDump(this.#lines, victim, this.#announcement)
  }

  /** The head, up to the bound, and the last lines, which say what was decided. */
  rawLines(): readonly string[] {
    const { texts, byteLength } = this.#lines
    if (byteLength <= MAX_RAW_BYTES) return texts
    const tail = texts.slice(-4)
    let room = MAX_RAW_BYTES - tail.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    const head = texts.slice(0, -4)
    const end = head.findIndex((text) => (room -= Buffer.byteLength(text)) < 0)
    return [...head.slice(0, end < 0 ? undefined : end), ...tail]
  }
}

/** /^Mem-info: *(?:\n|$)/i; of the other memory lines only `Movable` begins with its first letter. */
function isMemInfo({ bytes, start }: RawRecord): boolean {
  return bytes[start] === 0x4d && bytes[start + 1] === 0x65
}

/**
 * Whether a dump is the one of this kill. The kernel drops dumps in a storm but no kill lines, so the dump before a kill
 * line may be another's: what the dump says of its victim has to agree.
 */
export function isDumpOf(event: OpenEvent, dump: OomDump, killedPid: number): boolean {
  const candidate = event.chosen?.pid ?? killedPid
  if (event.announcedPid !== undefined) return sameProcess(dump, event.announcedPid, candidate)
  // Before 5.1 the choice follows its dump at once, and is itself never dropped. The victim's row may be lost.
  if (event.chosen !== undefined && (event.hasHeader || dump.tasks.length > 0)) return true
  if (dump.tasks.length > 0) return dump.tasks.some((task) => task.pid === candidate || task.tgid === candidate)
  return event.hasHeader || event.chosen !== undefined
}

/** The kill line may name another thread than the announcement does: find_lock_task_mm in __oom_kill_process. */
function sameProcess(dump: OomDump, announced: number, killed: number): boolean {
  if (announced === killed) return true
  const tgidOf = (pid: number) => dump.tasks.find((task) => task.pid === pid || task.tgid === pid)?.tgid
  const tgid = tgidOf(announced)
  if (tgid !== undefined) return tgid === tgidOf(killed)
  // With oom_kill_allocating_task the thread that asked is announced, and the table has only processes.
  return announced === dump.trigger?.pid && (dump.tasks.length === 0 || tgidOf(killed) !== undefined)
}
