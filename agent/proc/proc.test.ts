import { describe, expect, it } from '@jest/globals'
import { parsePageSizeKib } from './auxv.ts'
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

describe('parsePageSizeKib', () => {
  const entries = (...words: readonly number[]) => Buffer.from(BigUint64Array.from(words.map(BigInt)).buffer)

  it('finds the page size among the pairs', () => {
    expect(parsePageSizeKib(entries(33, 0x7ffd, 6, 16_384, 17, 100))).toBe(16)
  })

  it('says nothing where it is not told, or cut off', () => {
    expect(parsePageSizeKib(entries(33, 6, 17, 4096))).toBeUndefined()
    expect(parsePageSizeKib(entries(6, 4096).subarray(0, 15))).toBeUndefined()
  })
})
