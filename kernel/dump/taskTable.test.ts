import { describe, expect, it } from '@jest/globals'
import { isTableRow, TaskTable } from './taskTable.ts'

const CURRENT =
  '[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name'
const ROW = (name: string) =>
  `[  12950]     0 12950     8801     8461     8064      397         0   110592        0             0 ${name}`

/** Other bytes follow: a row ends where it is said to end. */
function add(table: TaskTable, text: string): void {
  const bytes = Buffer.from(text)
  table.addRow({ bytes: Buffer.concat([bytes, Buffer.from('9 9 9')]), start: 0, end: bytes.length, text })
}

function parse(header: string | undefined, ...rows: string[]) {
  const table = new TaskTable()
  if (header !== undefined) table.addHeader(header)
  for (const row of rows) add(table, row)
  return table.tasks()
}

/** Other bytes follow: a row ends where it is said to end. */
function isRow(text: string): boolean {
  const bytes = Buffer.from(`${text}9 9 9`)
  return isTableRow(bytes, 0, text.length)
}

describe('TaskTable', () => {
  it.each([
    [
      '6.8 on',
      CURRENT,
      ROW('tail'),
      { rssPages: 8461, rssAnonPages: 8064, pgtablesBytes: 110592, swapPages: 0, oomScoreAdj: 0 },
    ],
    [
      '4.15 on',
      '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
      '[    270]     0   270    22000      300   204800        3          -250 tail',
      { rssPages: 300, pgtablesBytes: 204800, swapPages: 3, oomScoreAdj: -250 },
    ],
    [
      '4.8',
      '[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name',
      '[ 4718]     0  4718   500000     5000      30       6   400000             0 tail',
      { nrPtesPages: 30, nrPmdsPages: 6, swapPages: 400000 },
    ],
    [
      '3.10',
      '[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name',
      '[ 5424]  1000  5424 36913689  1537770   66407        0             0 tail',
      { totalVmPages: 36913689, nrPtesPages: 66407, pgtablesBytes: undefined },
    ],
    [
      'el6',
      '[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name',
      '[  624]     0   624     2763        7   1     -17         -1000 tail',
      { rssPages: 7, oomScoreAdj: -1000, swapPages: undefined },
    ],
    [
      'a vendor with a column of its own',
      '[  pid  ]   uid  tgid total_vm      rss hugetlb pgtables_bytes swapents oom_score_adj name',
      '[    270]     0   270    22000      300       9   204800        3          -250 tail',
      { rssPages: 300, pgtablesBytes: 204800, oomScoreAdj: -250 },
    ],
  ])('binds the columns of %s by their names', (_case, header, row, expected) => {
    expect(parse(header, row)).toEqual([expect.objectContaining({ ...expected, command: 'tail' })])
  })

  it.each(['(sd-pam)', 'tmux: server', '531', '', ' two  spaces', 'a\nKilled proces', '[1] 0 1 1 1 1'])(
    'takes the command %j as it is',
    (name) => {
      expect(parse(CURRENT, ROW(name))).toEqual([expect.objectContaining({ pid: 12950, command: name })])
    },
  )

  it('tells the columns from the rows where the header was lost', () => {
    expect(parse(undefined, ROW('531'), ROW('x'))[0]).toMatchObject({ pgtablesBytes: 110592, command: '531' })
    const old = '[ 5424]  1000  5424 36913689  1537770   66407        0             0 java'
    expect(parse(undefined, old)[0]).toMatchObject({ nrPtesPages: 66407, command: 'java' })
    const middle = '[    270]     0   270    22000      300   204800        3          -250 x'
    expect(parse(undefined, middle)[0]).toMatchObject({ pgtablesBytes: 204800, oomScoreAdj: -250 })
  })

  it('takes the columns from the first header, of the rows before it too', () => {
    const table = new TaskTable()
    add(table, ROW('before'))
    table.addHeader(CURRENT)
    add(table, ROW('after'))
    table.addHeader('[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name')
    add(table, ROW('last'))
    const expected = ['before', 'after', 'last'].map((command) => expect.objectContaining({ command, swapPages: 0 }))
    expect(table.tasks()).toEqual(expected)
  })

  it('leaves out rows that do not fit, and knows a uid printed as negative', () => {
    expect(parse(CURRENT, '[  12950]     0 12950     8801     84', '[12] 0 1 2', 'Killed', '')).toEqual([])
    expect(parse(CURRENT, ROW('x').replace('    0 12950', '   -2 12950'))[0]).toMatchObject({ uid: 4294967294 })
    expect(parse(CURRENT, ROW('x').replace('    0 12950', '-9999999999 12950'))).toEqual([])
    expect(parse(CURRENT, ROW('x').replace(' 8801 ', ' -8801 '))).toEqual([])
  })

  it('knows a row from the start of a stack line', () => {
    expect(isRow(ROW('x'))).toBe(true)
    expect(isRow('[ 12] -2 12 9')).toBe(true)
    expect(isRow('[ 12] 0 -2 9')).toBe(false)
    expect(isRow('[ 12] 0 12 ')).toBe(false)
    expect(isRow('[<ffffffff810c29e1>] ? cpuset_print_task_mems_allowed+0x91/0xb0')).toBe(false)
  })
})
