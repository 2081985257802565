import { describe, expect, it } from '@jest/globals'
import { parseTotalMemoryKib } from './meminfo.ts'
import { parseOomScore } from './oomScore.ts'
import { parseOomScoreAdj } from './oomScoreAdj.ts'

describe('the files of a process that hold one number', () => {
  it.each([
    ['666\n', 666],
    ['0\n', 0],
    ['1333', 1333],
    ['', undefined],
    ['\n', undefined],
    ['-1\n', undefined],
    ['12 3\n', undefined],
    ['12\n\n', undefined],
    ['9'.repeat(16), undefined],
  ])('reads oom_score %j as %p', (text, score) => {
    expect(parseOomScore(Buffer.from(text))).toBe(score)
  })

  it.each([
    ['-1000\n', -1000],
    ['1000\n', 1000],
    ['-0\n', 0],
    ['1001\n', undefined],
    ['--1\n', undefined],
    ['-\n', undefined],
    ['', undefined],
  ])('reads oom_score_adj %j as %p', (text, adj) => {
    expect(parseOomScoreAdj(Buffer.from(text))).toBe(adj)
  })
})

describe('parseTotalMemoryKib', () => {
  it('adds RAM and swap', () => {
    expect(parseTotalMemoryKib('MemTotal:       2468 kB\nSwapTotal:      32 kB\n')).toBe(2500)
    expect(parseTotalMemoryKib('')).toBeUndefined()
  })
})
