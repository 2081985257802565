import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { gatherFacts } from './facts.ts'
import { announce, casesOfLog, factsOf, HEAD } from './facts.testkit.ts'
import { explainZones } from './zones.ts'

function zonesOfSeed(name: string) {
  const text = readFileSync(new URL(`../../test/fixtures/dumps/${name}`, import.meta.url), 'utf8')
  const [oomCase] = casesOfLog(text)
  if (oomCase === undefined) throw new Error(`expected an event in ${name}`)
  return explainZones(gatherFacts(oomCase))
}

const ZONE = 'free:50000kB min:20000kB low:25000kB high:30000kB present:900000kB managed:800000kB'
const SHORT = 'free:10000kB min:20000kB low:25000kB high:30000kB present:900000kB managed:800000kB'

describe('explainZones', () => {
  it('tells of the 3.10 dump why each zone refused', () => {
    const { zones, minFreeKib } = zonesOfSeed('3.10-el7-java.log')
    expect(zones.map(({ text }) => text)).toEqual([
      'Normal: 36200 kB free ≤ 64788 high (below its min 43192 too)',
      'DMA32: 43500 kB free ≤ 36376 high + 4990 pages × 4 kB = 56336',
      'DMA: 15900 kB free ≤ 196 high + 7792 pages × 4 kB = 31364',
    ])
    expect(zones.map(({ reason }) => reason)).toEqual(['watermark', 'reserve', 'reserve'])
    expect(minFreeKib).toBe(67_576)
  })

  it('tells of the 2.6.32 dump node by node, the highest zone first', () => {
    const { zones } = zonesOfSeed('2.6.32-el6-slab-leak.log')
    expect(zones.map(({ node, text }) => `${node} ${text}`)).toEqual([
      '0 Normal: 15468 kB free ≤ 67680 high (below its min 45120 too)',
      '1 Normal: 9304 kB free ≤ 40180 high (below its min 26788 too)',
      '1 DMA32: 36536 kB free ≤ 27168 high + 4797 pages × 4 kB = 46356',
      '1 DMA: 15740 kB free ≤ 120 high + 8041 pages × 4 kB = 32284',
    ])
  })

  it('does not ask zones above the request’s, nor nodes that are not allowed', () => {
    const head = [
      'app invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
      'CPU: 0 UID: 0 PID: 7 Comm: app Not tainted 6.12.0 #1',
    ]
    const zones = [`Node 0 Normal ${SHORT}`, `Node 0 Movable ${ZONE}`, `Node 1 Normal ${ZONE}`]
    expect(explainZones(factsOf([...head, ...zones, announce()])).zones.map(({ text }) => text)).toEqual([
      'Movable: not asked, the request may use no zone above Normal (50000 kB free)',
      'Normal: 10000 kB free ≤ 30000 high (below its min 20000 too)',
      'Normal: not asked, the cpuset allows node 0 only (50000 kB free)',
    ])
  })

  it('says that a zone would now accept, and does not explain it away', () => {
    const { zones, statements } = explainZones(factsOf([...HEAD, `Node 0 Normal ${ZONE}`]))
    expect(zones).toMatchObject([{ reason: 'accepts', refused: false }])
    expect(statements.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^1 zone would now accept; .* after the decision/),
    )
  })

  it('leaves what reclaim boosted a watermark by out of min_free_kbytes', () => {
    const boosted = `Node 0 Normal ${SHORT.replace('min', 'boost:4000kB min')}`
    expect(explainZones(factsOf([...HEAD, boosted, `Node 0 Movable ${SHORT}`])).minFreeKib).toBe(16_000)
    const damaged = boosted.replace('boost:4000', 'boost:24000')
    expect(explainZones(factsOf([...HEAD, damaged])).minFreeKib).toBeUndefined()
  })

  it.each([
    [
      ['memory: usage 1kB, limit 1kB, failcnt 1', announce('CONSTRAINT_MEMCG', 'oom_memcg=/a,task_memcg=/a')],
      /cgroup’s limit/,
    ],
    [[...HEAD], /no zones/],
    [
      ['bash invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0', `Node 0 Normal ${ZONE}`],
      /by hand/,
    ],
  ])('says so where there is no zone to judge', (lines, said) => {
    const { zones, statements } = explainZones(factsOf(lines))
    expect(zones).toEqual([])
    expect(statements[0]?.text).toMatch(said)
  })
})
