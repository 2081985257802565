import { exactCount, exactInteger, oomScoreAdjOf, uidOf } from './number.ts'
import type { OomTask } from './oomDump.ts'

/** `[  pid  ]   uid  tgid total_vm      rss …  name`. Source: mm/oom_kill.c, dump_tasks. */
export function parseTableHeader(text: string): string[] | undefined {
  const match = /^\[ *pid *\] +(uid +tgid .*\S)\s*$/.exec(text)
  return match?.[1]?.split(/ +/)
}

export function isTableRow(text: string): boolean {
  return /^\[ *\d+\] +-?\d+ +\d+ +\d/.test(text)
}

/**
 * The rows of a table whose columns its header names; columns we do not know are passed over. Where the header was
 * lost the columns are told from the rows. A row that does not fit is left out. Source: mm/oom_kill.c, dump_task.
 */
export function parseTaskRows(header: readonly string[] | undefined, rows: readonly string[]): OomTask[] {
  const columns = header ?? guessColumns(rows)
  const tasks: OomTask[] = []
  for (const row of rows) {
    const task = parseRow(columns, row)
    if (task !== undefined) tasks.push(task)
  }
  return tasks
}

function parseRow(columns: readonly string[], row: string): OomTask | undefined {
  const close = row.indexOf(']')
  const pid = exactInteger(row.slice(1, close).trim())
  const numbers = readNumbers(row, close + 1, columns.length - 1)
  if (pid === undefined || numbers === undefined) return undefined

  const column = (name: string) => numbers.values[columns.indexOf(name)]
  const uid = uidOf(column('uid'))
  const tgid = exactCount(column('tgid'))
  const totalVmPages = exactCount(column('total_vm'))
  const rssPages = exactCount(column('rss'))
  if (uid === undefined || tgid === undefined || totalVmPages === undefined || rssPages === undefined) return undefined

  return {
    pid,
    tgid,
    uid,
    totalVmPages,
    rssPages,
    rssAnonPages: exactCount(column('rss_anon')),
    rssFilePages: exactCount(column('rss_file')),
    rssShmemPages: exactCount(column('rss_shmem')),
    pgtablesBytes: exactCount(column('pgtables_bytes')),
    nrPtesPages: exactCount(column('nr_ptes')),
    nrPmdsPages: exactCount(column('nr_pmds')),
    swapPages: exactCount(column('swapents')),
    oomScoreAdj: oomScoreAdjOf(column('oom_score_adj')),
    oomAdj: exactInteger(column('oom_adj')),
    // One space stands before the name; any more are the name's own.
    command: row.slice(numbers.end + 1),
  }
}

/** Exactly `count` numbers from `start`, or undefined. `end` is where the last one ends. */
function readNumbers(row: string, start: number, count: number): { values: string[]; end: number } | undefined {
  const values: string[] = []
  let at = start
  while (values.length < count) {
    while (row.charCodeAt(at) === 0x20) at++
    const from = at
    if (row.charCodeAt(at) === 0x2d) at++
    while (isDigit(row.charCodeAt(at))) at++
    if (at === from) return undefined
    values.push(row.slice(from, at))
  }
  // The name's space: without it the last number runs on into something else.
  return at < row.length && row.charCodeAt(at) !== 0x20 ? undefined : { values, end: at }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

const LAST = ['swapents', 'oom_score_adj', 'name']
const FIRST = ['uid', 'tgid', 'total_vm', 'rss']

/**
 * By how many numbers every row has: the first row of a table may be lost, its shape is not. A command may begin with
 * a number, hence the least of all rows. Page tables in bytes are whole pages; counted in pages they are rarely 4096s.
 * el6 has as many columns as 3.10: its processor may be 0 for a task that holds memory, its oom_adj is negative.
 */
function guessColumns(rows: readonly string[]): string[] {
  let least = Infinity
  for (const row of rows) least = Math.min(least, leadingNumbers(row))
  if (least >= 10) return [...FIRST, 'rss_anon', 'rss_file', 'rss_shmem', 'pgtables_bytes', ...LAST]
  if (least >= 8) return [...FIRST, 'nr_ptes', 'nr_pmds', ...LAST]
  const fields = rows.map(fieldsOf)
  if (fields.some((row) => Number(row[5]) < 0 || (row[4] === '0' && Number(row[3]) > 0))) {
    return [...FIRST, 'cpu', 'oom_adj', 'oom_score_adj', 'name']
  }
  const inBytes = fields.every((row) => Number(row[FIRST.length] ?? 0) % 4096 === 0)
  return [...FIRST, inBytes ? 'pgtables_bytes' : 'nr_ptes', ...LAST]
}

function fieldsOf(row: string): string[] {
  return row
    .slice(row.indexOf(']') + 1)
    .trim()
    .split(/ +/)
}

function leadingNumbers(row: string): number {
  const match = /^(?: +-?\d+(?= |$))*/.exec(row.slice(row.indexOf(']') + 1))
  return match === null || match[0] === '' ? 0 : match[0].trim().split(/ +/).length
}
