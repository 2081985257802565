import { describe, expect, it } from '@jest/globals'
import { columnsOf } from '../analysis/columns.ts'
import { formatTable, type Column } from './table.ts'

type Row = { name: string; node?: string; kills: number }
const columns: readonly Column<Row>[] = [
  { head: 'NAME', cell: ({ name }) => name },
  { head: 'KILLS', cell: ({ kills }) => String(kills) },
  { head: 'NODE', cell: ({ node }) => node, isRare: true, leaves: 1 },
  { head: 'TWICE', cell: ({ kills }) => String(kills * 2), isWide: true },
]
const rows = [
  { name: 'web', node: 'node-a', kills: 12 },
  { name: 'a\u001b[2Jb\u202e', kills: 3 },
  { name: '数据库', kills: 1 },
]

describe('formatTable', () => {
  it('puts cells under their heads, printable, and wide characters in two columns', () => {
    expect(formatTable(columns, rows, {})).toEqual([
      'NAME                KILLS   NODE',
      'web                 12      node-a',
      'a\\x1b[2Jb\\u{202e}   3       -',
      '数据库              1       -',
    ])
  })

  it('shows what is rare only where it is, and what is wide only where it is asked for', () => {
    const plain = [{ name: 'web', kills: 1 }]
    expect(formatTable(columns, plain, { isWide: true })).toEqual(['NAME   KILLS   TWICE', 'web    1       2'])
  })

  it.each([80, 40, 30, 20, 12, 5])('fits %d columns: what is dispensable leaves, then the widest are cut', (room) => {
    const lines = formatTable(columns, rows, { room })
    for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(room)
    expect(lines[0]?.includes('NODE')).toBe(room >= 34)
    expect(lines[0]).toMatch(room >= 20 ? /^NAME +KILLS/ : /^NAME/)
  })
})
