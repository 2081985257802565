import { parseOomDump } from '#kernel/dump/parseOomDump.ts'
import type { OomDump } from '#kernel/dump/oomDump.ts'
import { isOomKillLineEnd, isWholeOomKillLine, parseOomKillLine } from '#kernel/dump/oomKillLine.ts'
import type { KmsgRecord } from '#kernel/kmsg/record.ts'
import { parseChoiceLine } from '#kernel/dump/killLine.ts'
import type { LineKind } from './lineKind.ts'

/** Bounds of what one event may hold; a dump of 20,000 tasks fits. */
export const MAX_EVENT_BYTES = 2 * 1024 * 1024
export const MAX_EVENT_LINES = 24_576
/** What an outcome carries as rawLines, bytes of UTF-8. */
export const MAX_RAW_BYTES = 256 * 1024

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
  readonly #texts: string[] = []
  readonly #sizes: number[] = []
  #bytes = 0
  /** Where the `oom-kill:` line stands in the texts, while it may still be continued. */
  #announcementAt = -1
  #announcementSequence = -1

  constructor(record: KmsgRecord) {
    this.firstSequence = record.sequence
    this.lastSequence = record.sequence
    this.lastUsec = record.monotonicUsec
  }

  add(record: KmsgRecord, kind: LineKind): void {
    this.lastSequence = record.sequence
    this.lastUsec = record.monotonicUsec
    if (kind === 'header') this.hasHeader = true
    if (kind === 'evidence' || kind === 'announcement') this.hasEvidence = true
    if (kind === 'memory' && /^Mem-info: *(?:\n|$)/i.test(record.text)) {
      this.inForeignMemory = this.memInfoSeen
      this.memInfoSeen = true
    }
    if (kind === 'memory' && this.inForeignMemory) return
    if (kind !== 'memory' && kind !== 'detail') this.inForeignMemory = false
    if (kind === 'choice') this.chosen = parseChoiceLine(record.text)
    const decisive = kind === 'announcement' || kind === 'choice' || kind === 'kill'
    if (!this.#keep(record.text, decisive)) return
    if (kind === 'announcement') this.#setAnnouncement(this.#texts.length - 1, record)
  }

  /**
   * Joins a continuation to the `oom-kill:` line: with long cgroup paths it does not fit one record (1 KiB), and its
   * end, with the victim, comes in the next. Other continuations are lines of their own (zones without NUMA). Other
   * output in between takes the flag away: then only the victim is taken for the end.
   */
  continueAnnouncement(record: KmsgRecord): boolean {
    const text = this.#texts[this.#announcementAt]
    if (text === undefined) return false
    const whole = isWholeOomKillLine(text)
    if (!record.continuation && (whole || !isOomKillLineEnd(record.text))) return false
    if (whole && record.sequence !== this.#announcementSequence + 1) return false
    this.#texts[this.#announcementAt] = text + record.text
    this.#setAnnouncement(this.#announcementAt, record)
    this.lastUsec = record.monotonicUsec
    return true
  }

  #setAnnouncement(at: number, record: KmsgRecord): void {
    this.#announcementAt = at
    this.#announcementSequence = record.sequence
    this.announcedPid = parseOomKillLine(this.#texts[at] ?? '')?.victim?.pid
  }

  #keep(text: string, decisive: boolean): boolean {
    const size = Buffer.byteLength(text)
    if (!decisive && (this.#bytes + size > MAX_EVENT_BYTES || this.#texts.length >= MAX_EVENT_LINES)) {
      this.overflow++
      return false
    }
    this.#bytes += size
    this.#texts.push(text)
    this.#sizes.push(size)
    return true
  }

  /** Whether a victim is named already, and this line names another: then it is another event's. */
  isAnnounced(text: string, kind: 'announcement' | 'choice'): boolean {
    if (kind === 'choice') return this.chosen !== undefined && this.chosen.pid !== parseChoiceLine(text)?.pid
    const other = parseOomKillLine(text)?.victim?.pid
    return this.announcedPid !== undefined && other !== undefined && other !== this.announcedPid
  }

  /** Takes the last line out again: it was another event's. */
  withdrawLast(): void {
    this.#texts.pop()
    this.#bytes -= this.#sizes.pop() ?? 0
  }

  /** Whether anything in it is printed by the killer alone. */
  isKillers(): boolean {
    return this.hasHeader || this.hasEvidence || this.chosen !== undefined
  }

  parse(): OomDump {
    return parseOomDump(this.#texts)
  }

  /** The head, up to the bound, and the last lines, which say what was decided. */
  rawLines(): string[] {
    if (this.#bytes <= MAX_RAW_BYTES) return [...this.#texts]
    const tailAt = Math.max(0, this.#texts.length - 4)
    let room = MAX_RAW_BYTES
    for (let at = tailAt; at < this.#texts.length; at++) room -= this.#sizes[at] ?? 0
    const lines: string[] = []
    for (let at = 0; at < tailAt && room >= (this.#sizes[at] ?? 0); at++) {
      room -= this.#sizes[at] ?? 0
      lines.push(this.#texts[at] ?? '')
    }
    return lines.concat(this.#texts.slice(tailAt))
  }
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
