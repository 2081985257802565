/** As current kernels print it: 5.0 to 6.7, and later ones. */
export const CURRENT_HEADERS: readonly string[] = [
  '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
  '[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name',
]
const CURRENT_COLUMNS = CURRENT_HEADERS.map(splitHeader)

/** Which numbers a row has before its command, and at which place among them each stands; −1 where there is none such. */
export type TableColumns = ReturnType<typeof columnsOf>

/** `[  pid  ]   uid  tgid total_vm      rss …  name`. Source: mm/oom_kill.c, dump_tasks. */
export function parseTableHeader(text: string): TableColumns | undefined {
  return CURRENT_COLUMNS[CURRENT_HEADERS.indexOf(text)] ?? splitHeader(text)
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

/** Where the header was lost. @param rows one at least */
export function guessColumns(rows: readonly string[]): TableColumns {
  return columnsOf(guessNames(rows))
}

const LAST = ['swapents', 'oom_score_adj', 'name']
const FIRST = ['uid', 'tgid', 'total_vm', 'rss']

/**
 * By how many numbers every row has: the first row of a table may be lost, its shape is not. A command may begin with
 * a number, hence the least of all rows. Page tables in bytes are whole pages; counted in pages they are rarely 4096s.
 * el6 has as many columns as 3.10: its processor may be 0 for a task that holds memory, its oom_adj is negative.
 */
function guessNames(rows: readonly string[]): string[] {
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
