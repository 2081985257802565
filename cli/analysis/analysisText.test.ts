import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { formatAnalysis } from './analysisText.ts'
import { analyseLog } from './events.testkit.ts'

const readFixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
const analyseDump = (name: string) =>
  analyseLog(readFileSync(new URL(`../../test/fixtures/dumps/${name}`, import.meta.url), 'utf8'))

const PLAIN = { color: false, verbose: false }
const ESC = '\u001b'

describe('formatAnalysis', () => {
  it.each(['2.6.32-el6-slab-leak', '3.10-el7-java'])('tells %s for people, as in its fixture', (name) => {
    expect(formatAnalysis(analyseDump(`${name}.log`), PLAIN)).toBe(readFixture(`${name}.txt`))
  })

  it('tells all there is when asked to', () => {
    const events = analyseDump('3.10-el7-java.log')
    expect(formatAnalysis(events, { ...PLAIN, verbose: true })).toBe(readFixture('3.10-el7-java.verbose.txt'))
  })

  it('puts a timeline and a table before several events', () => {
    const [first, second] = [...analyseDump('2.6.32-el6-slab-leak.log'), ...analyseDump('3.10-el7-java.log')]
    if (first === undefined || second === undefined) throw new Error('expected two events')
    const events = [
      { ...first, oomCase: { ...first.oomCase, monotonicUsec: 5_000_000 } },
      { ...second, oomCase: { ...second.oomCase, monotonicUsec: 17_500_000 } },
    ]
    const text = formatAnalysis(events, PLAIN)
    expect(text.slice(0, text.indexOf('OOM event 1 of 2'))).toBe(readFixture('summary.txt'))
    expect(text).toContain('OOM event 2 of 2')
  })

  it('keeps to 80 columns, with and without colour', () => {
    for (const options of [PLAIN, { color: true, verbose: true }]) {
      const text = formatAnalysis(
        [...analyseDump('2.6.32-el6-slab-leak.log'), ...analyseDump('3.10-el7-java.log')],
        options,
      )
      const plain = text.replaceAll(new RegExp(`${ESC}\\[\\d+m`, 'g'), '')
      expect(plain.split('\n').filter((line) => line.length > 80)).toEqual([])
      expect(plain.includes(ESC)).toBe(false)
      expect(text.includes(ESC)).toBe(options.color)
    }
  })

  it('lets no command reach the terminal raw', () => {
    const hostile = analyseLog(
      [
        `a${ESC}[31m invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0`,
        '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
        `[      7]     0 7     1000      900    65536        0             0 x${ESC}]0;owned\u0007`,
        `Out of memory: Killed process 7 (x${ESC}]0;owned\u0007) total-vm:4000kB, anon-rss:4kB, file-rss:0kB`,
      ].join('\n'),
    )
    const text = formatAnalysis(hostile, { color: false, verbose: true })
    expect(text).toContain('x\\x1b]0;owned\\x07')
    expect([ESC, '\u0007'].filter((character) => text.includes(character))).toEqual([])
  })
})
