import { isDigit, skipDigits } from '#kernel/ascii.ts'
import { oomScoreAdj, unsignedUid } from './number.ts'
import type { OomTask } from './oomDump.ts'

/** As current kernels print it: 5.0 to 6.7, and later ones. */
export const CURRENT_HEADERS: readonly string[] = [
  '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
  '[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name',
]
const CURRENT_COLUMNS = new Map(CURRENT_HEADERS.map((header) => [header, splitHeader(header)]))

/** Which numbers a row has before its command, and at which place among them each stands; −1 where there is none such. */
export type TableColumns = ReturnType<typeof columnsOf>

/** `[  pid  ]   uid  tgid total_vm      rss …  name`. Source: mm/oom_kill.c, dump_tasks. */
export function parseTableHeader(text: string): TableColumns | undefined {
  return CURRENT_COLUMNS.get(text) ?? splitHeader(text)
}

function splitHeader(text: string): TableColumns | undefined {
  const match = /^\[ *pid *\] +(uid +tgid .*\S)\s*$/.exec(text)
  return match?.[1] === undefined ? undefined : columnsOf(match[1].split(/ +/))
}

function columnsOf(names: readonly string[]) {
  return {
    numbers: names.length - 1,
    uid: names.indexOf('uid'),
    tgid: names.indexOf('tgid'),
    totalVm: names.indexOf('total_vm'),
    rss: names.indexOf('rss'),
    rssAnon: names.indexOf('rss_anon'),
    rssFile: names.indexOf('rss_file'),
    rssShmem: names.indexOf('rss_shmem'),
    pgtablesBytes: names.indexOf('pgtables_bytes'),
    nrPtes: names.indexOf('nr_ptes'),
    nrPmds: names.indexOf('nr_pmds'),
    swapents: names.indexOf('swapents'),
    oomScoreAdj: names.indexOf('oom_score_adj'),
    oomAdj: names.indexOf('oom_adj'),
  }
}

/** /^\[ *\d+\] +-?\d+ +\d+ +\d+/, by hand: a table has thousands. */
export function isTableRow(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] !== 0x5b) return false
  let at = start + 1
  while (bytes[at] === 0x20) at++
  const pid = at
  at = skipDigits(bytes, at)
  if (at === pid || bytes[at++] !== 0x5d) return false
  for (let column = 0; column < 3; column++) {
    const spaces = at
    while (bytes[at] === 0x20) at++
    if (at === spaces) return false
    if (column === 0 && bytes[at] === 0x2d) at++
    const digits = at
    at = skipDigits(bytes, at)
    if (at === digits || digits >= end) return false
  }
  return true
}

/**
 * The rows of a table whose columns its header names; columns we do not know are passed over. Where the header was
 * lost the columns are told from the rows. A row that does not fit is left out. Source: mm/oom_kill.c, dump_task.
 */
export function parseTaskRows(header: TableColumns | undefined, rows: readonly string[]): OomTask[] {
  if (rows.length === 0) return []
  const columns = header ?? columnsOf(guessColumns(rows))
  const values = Array.from<number>({ length: columns.numbers })
  const tasks: OomTask[] = []
  for (const row of rows) {
    const task = parseRow(row, values, columns)
    if (task !== undefined) tasks.push(task)
  }
  return tasks
}

/** @param values room for the row's numbers, written anew for each: a table has thousands of rows. */
function parseRow(row: string, values: number[], columns: TableColumns): OomTask | undefined {
  const pid = readPid(row)
  const end = readNumbers(row, row.indexOf(']') + 1, values)
  if (pid === undefined || end === undefined) return undefined

  const uid = unsignedUid(integerAt(values, columns.uid))
  const tgid = countAt(values, columns.tgid)
  const totalVmPages = countAt(values, columns.totalVm)
  const rssPages = countAt(values, columns.rss)
  if (uid === undefined || tgid === undefined || totalVmPages === undefined || rssPages === undefined) return undefined

  return {
    pid,
    tgid,
    uid,
    totalVmPages,
    rssPages,
    rssAnonPages: countAt(values, columns.rssAnon),
    rssFilePages: countAt(values, columns.rssFile),
    rssShmemPages: countAt(values, columns.rssShmem),
    pgtablesBytes: countAt(values, columns.pgtablesBytes),
    nrPtesPages: countAt(values, columns.nrPtes),
    nrPmdsPages: countAt(values, columns.nrPmds),
    swapPages: countAt(values, columns.swapents),
    oomScoreAdj: oomScoreAdj(integerAt(values, columns.oomScoreAdj)),
    oomAdj: integerAt(values, columns.oomAdj),
    // One space stands before the name; any more are the name's own.
    command: row.slice(end + 1),
  }
}

/** `[  12]`: the row's shape is known. */
function readPid(row: string): number | undefined {
  let at = 1
  while (row.charCodeAt(at) === 0x20) at++
  let pid = 0
  for (let code = row.charCodeAt(at); isDigit(code); code = row.charCodeAt(++at)) pid = pid * 10 + code - 0x30
  return Number.isSafeInteger(pid) ? pid : undefined
}

function countAt(values: readonly number[], place: number): number | undefined {
  const value = integerAt(values, place)
  return value === undefined || value < 0 ? undefined : value
}

function integerAt(values: readonly number[], place: number): number | undefined {
  const value = place < 0 ? undefined : values[place]
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined
}

/**
 * Fills `values` from `start`; NaN is a sign without digits. @returns where the last one ends, undefined where the row
 * has fewer numbers.
 */
function readNumbers(row: string, start: number, values: number[]): number | undefined {
  let at = start
  for (let place = 0; place < values.length; place++) {
    while (row.charCodeAt(at) === 0x20) at++
    const from = at
    const negative = row.charCodeAt(at) === 0x2d
    if (negative) at++
    const digits = at
    let value = 0
    for (let code = row.charCodeAt(at); isDigit(code); code = row.charCodeAt(++at)) value = value * 10 + code - 0x30
    if (at === from) return undefined
    values[place] = at === digits ? Number.NaN : negative ? -value : value
  }
  // The name's space: without it the last number runs on into something else.
  return at < row.length && row.charCodeAt(at) !== 0x20 ? undefined : at
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
