import { describe, expect, it } from '@jest/globals'
import { parseTotalMemoryKib } from './meminfo.ts'
import { parseOomScore } from './oomScore.ts'
import { parseOomScoreAdj } from './oomScoreAdj.ts'
import { parseStat } from './stat.ts'
import { parseStatus, parseTgid } from './status.ts'

const STAT_REST = 'S 1 24115 781 0 -1 4194304 101 0 0 0 0 0 0 0 20 0 1 0 726327 3133440 410 18446744073709551615'

describe('the files of a process', () => {
  it.each([
    ['666\n', 666],
    ['0\n', 0],
    ['', undefined],
    ['\n', undefined],
    ['-1\n', undefined],
    ['12 3\n', undefined],
  ])('reads oom_score %j as %p', (text, score) => {
    expect(parseOomScore(text)).toBe(score)
  })

  it.each([
    ['-1000\n', -1000],
    ['1000\n', 1000],
    ['1001\n', undefined],
    ['', undefined],
  ])('reads oom_score_adj %j as %p', (text, adj) => {
    expect(parseOomScoreAdj(text)).toBe(adj)
  })

  it.each(['cat', 'a) S 1 (b', 'x\n) R 9 9', ''])('reads stat of a process that calls itself %j', (command) => {
    expect(parseStat(`24124 (${command}) ${STAT_REST}\n`)).toEqual({ command, startTicks: 726327 })
  })

  it('takes a stat that is cut for none', () => {
    expect(parseStat('24124 (cat) S 1 2')).toBeUndefined()
    expect(parseStat('')).toBeUndefined()
  })

  it('reads status, and knows what has no memory', () => {
    const head = 'Name:\tx\\nUid:\t9\nTgid:\t7\nUid:\t1000\t0\t0\t0\n'
    const memory = 'VmSize:\t    3060 kB\nVmRSS:\t    1776 kB\nVmPTE:\t      48 kB\nVmSwap:\t       4 kB\n'
    expect(parseStatus(head + memory)).toEqual({
      uid: 1000,
      memory: { vmSizeKib: 3060, rssKib: 1776, pgtablesKib: 48, swapKib: 4 },
    })
    expect(parseStatus(head)).toEqual({ uid: 1000 })
    expect(parseStatus('')).toBeUndefined()
  })

  it('reads whose thread it is, which a name cannot forge', () => {
    expect(parseTgid('Name:\tx\\nTgid:\t7\nTgid:\t12\nPid:\t13\n')).toBe(12)
    expect(parseTgid('')).toBeUndefined()
  })

  it('adds RAM and swap', () => {
    expect(parseTotalMemoryKib('MemTotal:       2468 kB\nSwapTotal:      32 kB\n')).toBe(2500)
    expect(parseTotalMemoryKib('')).toBeUndefined()
  })
})
