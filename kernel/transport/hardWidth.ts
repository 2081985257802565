import { classifyLine } from '#kernel/event/lineKind.ts'
import { isWholeOomKillLine, OOM_KILL_PREFIX } from '#kernel/dump/oomKillLine.ts'
import { isMemoryLine } from '#kernel/dump/memoryLines.ts'
import { MAX_COMMAND_LENGTH } from '#kernel/dump/header.ts'
import { seamOf, type Seam } from './unwrap.ts'

const NEWLINE = 0x0a
/** No terminal is narrower. */
const LEAST_WIDTH = 40
/** So many lines of the greatest length are no accident, if there are more of them than of those that come close. */
const LEAST = 3
const CLOSE = 15

/**
 * The width at which a terminal, or what copied from it, broke all that is longer, in the middle of words: told by a
 * log's beginning, since a log of bare text has nothing that tells a line that goes on from one that begins.
 * @returns undefined where lines are whole, or broken at spaces
 */
export function hardWidthOf(head: Buffer): number | undefined {
  const counts = new Map<number, number>()
  let width = 0
  let start = 0
  for (let end = head.indexOf(NEWLINE); end >= 0; end = head.indexOf(NEWLINE, start)) {
    const length = end - start
    counts.set(length, (counts.get(length) ?? 0) + 1)
    width = Math.max(width, length)
    start = end + 1
  }
  let close = 0
  for (let length = width - CLOSE; length < width; length++) close += counts.get(length) ?? 0
  const count = counts.get(width) ?? 0
  return width >= LEAST_WIDTH && count >= LEAST && count > close ? width : undefined
}

/** A row's command, which may be broken and is no word of the kernel's. */
const ROW = /^\[ *\d+\](?: +-?\d+)+ (\S.*)$/
/** A cgroup's path at the end, of any length. */
const PATH = /^(?:Tasks? in .*|Memory cgroup stats for )\/\S*$/
/** Ends of memory lines after which nothing comes. */
const WHOLE_MEMORY = /(?:all_unreclaimable\? (?:yes|no)| = \d+kB|hugepages_size=\d+kB)$/

/**
 * Whether a line goes on with a record whose last line has the hard width: where the record lacks something, and within
 * what may be longer than it is. A line of that length may as well be whole.
 * @returns what belongs between them
 */
export function seamAtWidth(record: string, line: string): Seam | undefined {
  const text = line.trim()
  const last = record.slice(record.lastIndexOf('\n') + 1)
  const seam = seamOf(record, text, false)
  if (seam === '\n') return undefined
  // Between whole pairs the space was lost, at the end of a line.
  if (seam !== undefined) return seam === ' ' && /:\d+kB$/.test(last) && /^[a-z]/.test(line) ? ' ' : ''
  if (classifyLine(text) !== 'other' || isMemoryLine(text)) return undefined
  const command = ROW.exec(last)?.[1]
  if (command !== undefined) return command.length + line.length <= MAX_COMMAND_LENGTH ? '' : undefined
  if (isMemoryLine(last)) return WHOLE_MEMORY.test(last) ? undefined : ''
  if (last.startsWith(OOM_KILL_PREFIX)) return isWholeOomKillLine(last) ? undefined : ''
  if (PATH.test(last)) return ''
  return /\d$/.test(last) && /^\d+(?:kB)?$/.test(text) ? '' : undefined
}
