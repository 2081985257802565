import { describe, expect, it } from '@jest/globals'
import { drawGrowth } from './plot.ts'
import { figuresOf, findWrong, type StageResult } from './scale.ts'
import { FULL } from './sizes.ts'
import type { StormResult } from './storm.ts'
import { growthTable } from './table.ts'

function stormOf(changes: Partial<StormResult> = {}): StormResult {
  return {
    shape: 'even',
    kills: 40,
    counted: 40,
    wrong: [],
    writes: 30,
    dueWrites: 30,
    mostWrites: 20,
    seconds: 21,
    storedS: 0.05,
    settledS: 1.25,
    limitPerS: 200,
    ratio: 1.05,
    rssMb: 100,
    peakRssMb: 120,
    cpu: { operator: 1, apiserver: 2, etcd: 0.5 },
    ...changes,
  }
}

function stageOf(nodes: number, storm: Partial<StormResult> = {}): StageResult {
  const sizes = { ...FULL, nodes, stormSeconds: 20 }
  const storms = [stormOf(storm), stormOf({ ...storm, shape: 'skewed' })]
  return { sizes, setUpS: 1, idleRssMb: 90, quietP50Ms: 20, quietP99Ms: 60, storms }
}

describe('findWrong', () => {
  it('lets a storm pass that is counted exactly and within bounds', () => {
    expect(findWrong([stageOf(10)])).toEqual([])
  })

  it.each([
    [{ wrong: ['shop/a: killed 2, counted 1'] }, 'even: shop/a: killed 2, counted 1'],
    [{ mostWrites: 23 }, 'even: expected at most one write per report and second, got 23 in 21.0 s'],
    [{ mostWrites: 0 }, 'even: expected to see the writes of reports, saw none'],
    [{ peakRssMb: 401 }, 'even: expected the operator within 400 MB, got 401 MB'],
  ])('says what does not hold: case %#', (storm, what) => {
    expect(findWrong([stageOf(10, storm)])).toContain(what)
  })
})

describe('figuresOf', () => {
  it('sums the kills and writes of all storms, and takes the worst of the rest', () => {
    const stages = [stageOf(10), stageOf(100, { settledS: 3, peakRssMb: 150 })]
    expect(figuresOf(stages)).toBe('kills 160 counted 160, writes 120, settled 3.0 s, RSS 150 MB')
  })
})

describe('growthTable', () => {
  it('has a row for each size', () => {
    expect(
      growthTable([stageOf(10), stageOf(100)])
        .split('\n')
        .slice(2),
    ).toEqual([
      '| 10 | 50000 | 2000 | 90, 120 | 20, 60 | 2.0, 1.3, 1.05 | 2.0, 1.3, 1.05 |',
      '| 100 | 50000 | 2000 | 90, 120 | 20, 60 | 2.0, 1.3, 1.05 | 2.0, 1.3, 1.05 |',
    ])
  })
})

describe('drawGrowth', () => {
  it('puts each size at its place, the largest value below the top', () => {
    const svg = drawGrowth([stageOf(10), stageOf(100), stageOf(1_000, { settledS: 9 })])
    const lines = [...svg.matchAll(/points="([^"]+)"/g)].map(([, points = '']) => points.split(' '))
    expect(lines).toHaveLength(3)
    // 1.25, 1.25 and 9 of 10 s.
    expect(lines[2]).toEqual(['60.0,197.5', '210.0,197.5', '360.0,58.0'])
  })
})
