import { isHeaderLine } from '#kernel/dump/header.ts'
import { isMemoryLine, isStatLine } from '#kernel/dump/memoryLines.ts'
import { OOM_KILL_PREFIX } from '#kernel/dump/oomKillLine.ts'
import { isSlabRow } from '#kernel/dump/slabLines.ts'
import { isTableRow, parseTableHeader } from '#kernel/dump/taskTable.ts'
import { isChoiceLine, isKillLine, isSkippedLine } from '#kernel/dump/killLine.ts'

/**
 * What a record is to the assembler, told from the start of its text alone (a command may hold anything, newlines too):
 * - `header` opens a dump; `kill`, `noKillable`, `panic` and `skipped` end the wait for its outcome
 * - `choice` is the first of the two kill lines before 5.1, `announcement` the `oom-kill:` line of 5.0+
 * - `evidence` is printed by the killer only (task table, memcg usage), `memory` by others too
 * - `detail` belongs to a dump when one is open and means nothing otherwise
 */
export type LineKind =
  | 'header'
  | 'kill'
  | 'choice'
  | 'announcement'
  | 'group'
  | 'noKillable'
  | 'panic'
  | 'skipped'
  | 'allocationFailure'
  | 'evidence'
  | 'memory'
  | 'detail'
  | 'other'

/** No line of a dump that counts is shorter. */
const SHORTEST = 'rss 0'.length

export function classifyLine(text: string): LineKind {
  if (text.length < SHORTEST) return 'other'
  if (isHeaderLine(text)) return 'header'
  switch (text.charCodeAt(0)) {
    case 0x20: // a stack line, most of the time
      return isMemoryLine(text) ? 'memory' : 'detail'
    case 0x5b: // [
      return isTableRow(text) || parseTableHeader(text) !== undefined ? 'evidence' : stackOrOther(text)
    case 0x6f: // o
      if (text.startsWith(OOM_KILL_PREFIX)) return 'announcement'
      break
    case 0x54: // T
      if (text.startsWith('Tasks in /') && text.trimEnd().endsWith(GROUP_END)) return 'group'
      if (text.startsWith('Tasks state (memory values') || /^Task in \/.* killed as a result of limit of /s.test(text))
        return 'evidence'
      break
    case 0x4b: // K
      if (text.startsWith(PANIC)) return isOomPanic(text) ? 'panic' : 'other'
      break
    default:
  }
  return classifyWords(text)
}

const GROUP_END = 'are going to be killed due to memory.oom.group set'
const PANIC = 'Kernel panic - not syncing: '

/** mm/oom_kill.c: out_of_memory and check_panic_on_oom. */
function isOomPanic(text: string): boolean {
  return /^Kernel panic - not syncing: (?:out of memory|system is deadlocked on memory)/i.test(text)
}

function classifyWords(text: string): LineKind {
  // One cheap look before the expressions: few lines get past it.
  if (/process \d|OOM victim/i.test(text)) {
    if (isKillLine(text)) return 'kill'
    if (isChoiceLine(text)) return 'choice'
    if (isSkippedLine(text)) return 'skipped'
  }
  if (/^out of memory and no killable processes/i.test(text)) return 'noKillable'
  // The text before is a command, at most 15 bytes of it: mm/page_alloc.c, warn_alloc.
  if (/^.{0,16}: (?:page|vmemmap) alloc(?:ation)? failure[:.]/s.test(text)) return 'allocationFailure'
  if (/^(?:memory|memory\+swap|swap|kmem): usage \d|^Memory cgroup (?:stats for|min) /.test(text)) return 'evidence'
  if (isMemoryLine(text)) return 'memory'
  return stackOrOther(text)
}

/** Stack, registers, slab table, memory.stat and the like: kept for people to read. */
const DETAIL =
  /^(?: |\[<|Call [Tt]race:|CPU: |Pid: |Hardware name: |Workqueue: |Tainted: |Modules linked in|Code: |R[A-Z0-9]{2}: ?|EFLAGS|\w{2,3} ?: [0-9a-f]{8}|FS: |CS: |CR2: |PKRU: |GPR\d|NIP |MSR: |LR |REGS: |.{0,15} cpuset=|Unreclaimable slab info|Name {3,}Used|Memory allocations:|\d+ (?:hwpoisoned|slab) pages)/

function stackOrOther(text: string): LineKind {
  return isStatLine(text) || DETAIL.test(text) || isSlabRow(text) ? 'detail' : 'other'
}
