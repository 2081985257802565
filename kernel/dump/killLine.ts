import { MAX_COMMAND_LENGTH } from './header.ts'
import { exactCount, exactInteger, oomScoreAdjOf, uidOf } from './number.ts'
import type { OomVictim } from '#kernel/event/oomEvent.ts'

export interface KillLine {
  victim: OomVictim
  /** `Memory cgroup out of memory` and its like (5.1+). */
  message?: string | undefined
}

/**
 * The summary is the kernel's own and speaks of memory. Other kernel messages begin with a command (`x[12]: segfault …`),
 * which has 15 bytes: no room for the words with a pid and what follows it.
 */
const KILLED = /^(?:([^:]{0,80}memory[^:]{0,80}): )?(?:OOM )?Killed process (\d+)(?:, UID (\d+),)?(?=\s+\(|\s*$)/i
const CHOSEN = /^(?:([^:]{0,80}memory[^:]{0,80}): )?Kill process (\d+),? .*\) score \d+ (?:or |and )/is
const SKIPPED = /^[^:]{0,80}memory[^:]{0,80}: OOM victim \d+ \(.*\) is already exiting\. Skip killing the task/is

/**
 * The kill line in all its forms, with and without summary and figures, read from the right since the command may hold
 * anything: `…: Killed process 12 (x) total-vm:4kB, anon-rss:4kB, …, UID:0 pgtables:4kB oom_score_adj:0`,
 * `Killed process 12, UID 5, (x) total-vm:…` (el6), `Killed process 12 (x), UID 5, total-vm:…` (el7),
 * `Killed process 12 (x) vsz:…`, `Killed process 12 (x).`, `Out of memory in UB 7: OOM killed process 12 (x) score 0 vm:…`
 * (OpenVZ).
 * Sources: mm/oom_kill.c, __oom_kill_process (5.0+), oom_kill_process (2.6.36+), oom_kill_task and __oom_kill_task.
 */
export function parseKillLine(text: string): KillLine | undefined {
  const modern = MODERN.exec(text)
  if (modern !== null && isCommand(modern[3] ?? '')) return readModern(modern)
  const start = KILLED.exec(text)
  const pid = exactInteger(start?.[2])
  if (start === null || pid === undefined) return undefined

  const rest = text.slice(start[0].length)
  const open = rest.indexOf('(')
  const ends = Array.from(rest.matchAll(/\)(?:, UID \d+,)?(?: score \d+)? (?:total-vm|vsz|vm):/g), ({ index }) => index)
  const figuresAt = ends.findLast((end) => isCommand(rest.slice(open + 1, end))) ?? ends.at(-1) ?? -1
  const close = figuresAt >= 0 ? figuresAt : rest.lastIndexOf(')')
  const command = open >= 0 && close > open ? rest.slice(open + 1, close) : ''
  const figures = figuresAt >= 0 ? readFigures(rest.slice(figuresAt)) : undefined
  return {
    message: start[1],
    victim: {
      pid,
      command: isCommand(command) ? command : '',
      uid: uidOf(start[3] ?? figures?.get('UID') ?? /^\), UID (\d+),/.exec(rest.slice(close))?.[1]),
      totalVmKib: exactCount(figures?.get('total-vm') ?? figures?.get('vsz') ?? figures?.get('vm')),
      anonRssKib: exactCount(figures?.get('anon-rss')),
      fileRssKib: exactCount(figures?.get('file-rss')),
      shmemRssKib: exactCount(figures?.get('shmem-rss')),
      pgtablesKib: exactCount(figures?.get('pgtables')),
      oomScoreAdj: oomScoreAdjOf(figures?.get('oom_score_adj')),
    },
  }
}

/** As since 5.1: one expression. The figures reach the end from one place only, whatever the command holds. */
const MODERN =
  /^((?:Memory cgroup o|O)ut of memory|[^:]{0,80}memory[^:]{0,80}): Killed process (\d{1,15}) \(([^]*?)\) total-vm:(\d{1,15})kB, anon-rss:(\d{1,15})kB, file-rss:(\d{1,15})kB, shmem-rss:(\d{1,15})kB, UID:(\d{1,9}) pgtables:(\d{1,15})kB oom_score_adj:(-?\d{1,3}|-?1000)$/

function readModern(match: RegExpExecArray): KillLine {
  const [, message, pid, command = '', totalVm, anonRss, fileRss, shmemRss, uid, pgtables, oomScoreAdj] = match
  return {
    message,
    victim: {
      pid: Number(pid),
      command,
      uid: Number(uid),
      totalVmKib: Number(totalVm),
      anonRssKib: Number(anonRss),
      fileRssKib: Number(fileRss),
      shmemRssKib: Number(shmemRss),
      pgtablesKib: Number(pgtables),
      oomScoreAdj: Number(oomScoreAdj),
    },
  }
}

/**
 * What ran out, by the kill line's summary: a memory cgroup's limit (whose, it does not say), or memory that belongs to
 * no cgroup, be it the machine's or only that of a cpuset or memory policy.
 * Sources: mm/oom_kill.c, out_of_memory; mm/memcontrol.c, mem_cgroup_out_of_memory.
 */
export function parseExhausted(message: string | undefined): 'memcg' | 'global' | undefined {
  if (message === undefined) return undefined
  if (/^memory cgroup out of memory\b/i.test(message)) return 'memcg'
  // A container's own beancounters, of which no line tells more.
  if (/^out of memory in UB\b/i.test(message)) return undefined
  return /^out of memory\b/i.test(message) ? 'global' : undefined
}

/**
 * Whether the kernel can have printed that for a command: 15 bytes, some of which a log may show as `\x1b`, `#033` or `\033`. What is
 * longer is of a line that was damaged, or put together of two, and names nobody.
 */
function isCommand(text: string): boolean {
  if (text.length <= MAX_COMMAND_LENGTH) return true
  return text.length <= MAX_COMMAND_LENGTH * 4 && text.replaceAll(ESCAPED, '?').length <= MAX_COMMAND_LENGTH
}

const ESCAPED = /\\x[0-9a-f]{2}|[\\#][0-7]{3}/gi

/**
 * After the command everything is the kernel's, in any order. A size without its unit was cut; what comes again is of another
 * line that was put behind it.
 */
function readFigures(text: string): Map<string, string> {
  const figures = new Map<string, string>()
  for (const [, name, digits, unit] of text.matchAll(/([A-Za-z_-]{1,16}):(-?\d{1,20})(kB)?/g)) {
    if (name === undefined || digits === undefined) continue
    if (figures.has(name)) continue
    if (unit !== undefined || name === 'UID' || name === 'oom_score_adj') figures.set(name, digits)
  }
  return figures
}

/** A cheap look before the expressions above: `Kill`, or a summary's colon and after it `Kill` or `OOM`. */
export function mayDecide(text: string): boolean {
  if ((text.charCodeAt(0) | 0x20) === SMALL_K) return true
  const colon = text.indexOf(':')
  if (colon < 0 || text.charCodeAt(colon + 1) !== 0x20) return false
  const next = text.charCodeAt(colon + 2) | 0x20
  return next === SMALL_K || next === SMALL_O
}

const SMALL_K = 0x6b
const SMALL_O = 0x6f

export function isKillLine(text: string): boolean {
  return KILLED.test(text)
}

/**
 * `…: Kill process 12 (x) score 800 or sacrifice child`, before 5.1: the choice. The kill line that follows may name a
 * child in its place. @returns the chosen pid and the summary.
 */
export function parseChoiceLine(text: string): { pid: number; message?: string | undefined } | undefined {
  const match = CHOSEN.exec(text)
  const pid = exactInteger(match?.[2])
  return match === null || pid === undefined ? undefined : { pid, message: match[1] }
}

export function isChoiceLine(text: string): boolean {
  return CHOSEN.test(text)
}

/** The victim was on its way out already: the killer ran and killed nobody. Source: mm/oom_kill.c, __oom_kill_process. */
export function isSkippedLine(text: string): boolean {
  return SKIPPED.test(text)
}
