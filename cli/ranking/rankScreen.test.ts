import { describe, expect, it } from '@jest/globals'
import { columnsOf } from '../analysis/columns.ts'
import { styleOf } from '../analysis/style.ts'
import { formatScreen } from './rankScreen.ts'
import type { ShownRanking } from './shownRanking.ts'

const ranking: ShownRanking = {
  scannedAt: '2026-01-02T03:04:05.678Z',
  processCount: 940,
  domain: { totalKib: 1_048_576 },
  neverChosen: {
    init: true,
    kernelThreadCount: 66,
    protectedCount: 0,
    protectedCommands: [],
    withoutMemoryCount: 0,
  },
  candidates: Array.from({ length: 30 }, (_, at) => ({
    pid: 1000 + at,
    command: '名前'.repeat(5),
    oomScore: 700 - at,
    oomScoreAdj: 0,
  })),
}

function screenOf(columns: number, rows: number, trouble?: string): string[] {
  const size = { columns, rows }
  return formatScreen(ranking, { isWide: false, intervalS: 2, size, style: styleOf(false), trouble })
}

describe('formatScreen', () => {
  it('has title, table and notes, and as many candidates as have room', () => {
    const lines = screenOf(120, 12)
    expect(lines).toHaveLength(12)
    expect(lines[0]).toBe('oomkeeper rank: this machine at 03:04:05Z, every 2 s. Ctrl-C ends it.')
    expect(lines[2]).toMatch(/^OOM_SCORE/)
    expect(lines.slice(3, 9).map((line) => line.slice(0, 3))).toEqual(['700', '699', '698', '697', '696', '695'])
    expect(lines.slice(9)).toEqual([
      '',
      '940 processes on this machine; FREES is of 1Gi, RAM and swap.',
      'Never chosen: init, 66 kernel threads.',
    ])
  })

  it('leaves out what tells less where there is no room for it, and never who', () => {
    const headAt = (columns: number) => screenOf(columns, 24)[2]?.split(/ +/)
    expect(headAt(79)).toEqual(['OOM_SCORE', 'ADJ', 'BADNESS', 'RSS', 'FREES', 'PID', 'OWNER', 'COMMAND'])
    expect(headAt(60)).toEqual(['OOM_SCORE', 'ADJ', 'RSS', 'FREES', 'PID', 'COMMAND'])
    expect(headAt(38)).toEqual(['RSS', 'PID', 'COMMAND'])
  })

  it('says under the title why it is not newer', () => {
    const lines = screenOf(120, 12, 'expected node a to answer')
    expect(lines).toHaveLength(12)
    expect(lines[1]).toBe('Not newer: expected node a to answer')
  })

  it.each([
    [80, 24],
    [40, 10],
    [20, 5],
    [3, 1],
    [1, 1],
  ])('never needs more than %d columns and %d rows', (columns, rows) => {
    const lines = screenOf(columns, rows, 'x')
    expect(lines.length).toBeLessThanOrEqual(rows)
    for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(Math.max(2, columns - 1))
  })

  it('has colours only where they are wanted', () => {
    const options = { isWide: true, intervalS: 0.5, size: { columns: 80, rows: 24 }, trouble: undefined }
    expect(formatScreen(ranking, { ...options, style: styleOf(true) })[2]?.split('\x1b')).toEqual([
      '',
      expect.stringMatching(/^\[1mOOM_SCORE/),
      '[0m',
    ])
    expect(formatScreen(ranking, { ...options, style: styleOf(false) }).join('')).not.toContain('\x1b')
  })
})
