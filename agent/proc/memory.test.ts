import { describe, expect, it } from '@jest/globals'
import { parseMeminfo } from './meminfo.ts'
import { parsePressure } from './pressure.ts'
import { parseSysctl, parseSysctlList } from './sysctl.ts'
import { parseZoneinfo } from './zoneinfo.ts'

const ZONEINFO = `Node 0, zone      DMA
  per-node stats
      nr_free_pages 77
  pages free     3000
        boost    0
        min      20
        low      25
        high     30
        promo    35
        spanned  4095
        present  3998
        managed  3840
        cma      0
        protection: (0, 2900, 7000, 7000)
      nr_free_pages 3000
  pagesets
    cpu: 0
              count:    0
              high:     378
              batch:    63
  node_unreclaimable:  0
Node 0, zone  Movable
  pages free     0
        min      0
        low      0
        high     0
        managed  0
        protection: (0, 0, 0, 0)
Node 1, zone   Normal
  pages free     90000
        min      8000
        low      10000
        high     12000
        managed  1000000
        protection: (0, 0, 0, 0)
`

describe('the memory of the machine', () => {
  it('reads meminfo, and only what it knows', () => {
    const text =
      'MemTotal:    16000 kB\nCommitLimit:  8000 kB\nCommitted_AS:  9000 kB\nHugePages_Total:  3\nconstructor: 1 kB\n'
    expect(parseMeminfo(text)).toEqual({ memTotalKib: 16000, commitLimitKib: 8000, committedKib: 9000 })
    expect(parseMeminfo('')).toEqual({})
  })

  it('reads the zones that have pages, with the zone’s own high and not its processors’', () => {
    expect(parseZoneinfo(ZONEINFO)).toEqual([
      {
        node: 0,
        name: 'DMA',
        freePages: 3000,
        minPages: 20,
        lowPages: 25,
        highPages: 30,
        managedPages: 3840,
        protectionPages: [0, 2900, 7000, 7000],
      },
      {
        node: 1,
        name: 'Normal',
        freePages: 90000,
        minPages: 8000,
        lowPages: 10000,
        highPages: 12000,
        managedPages: 1000000,
        protectionPages: [0, 0, 0, 0],
      },
    ])
  })

  it('leaves a zone out that is cut, and reads nothing from nothing', () => {
    expect(parseZoneinfo(ZONEINFO.slice(0, 200))).toEqual([])
    expect(parseZoneinfo('')).toEqual([])
    expect(parseZoneinfo('Node')).toEqual([])
  })

  it('reads pressure, both lines or none', () => {
    const some = 'some avg10=12.50 avg60=3.00 avg300=0.10 total=18229\n'
    const full = 'full avg10=1.25 avg60=0.00 avg300=0.00 total=9112\n'
    expect(parsePressure(some + full)).toEqual({
      some: { avg10: 12.5, avg60: 3, avg300: 0.1, totalUsec: 18229 },
      full: { avg10: 1.25, avg60: 0, avg300: 0, totalUsec: 9112 },
    })
    expect(parsePressure(some)).toBeUndefined()
    expect(parsePressure('')).toBeUndefined()
  })

  it.each([
    ['1\n', [1]],
    ['256\t256\t32\t0\n', [256, 256, 32, 0]],
    ['-1\n', [-1]],
    ['', undefined],
    ['on\n', undefined],
    ['1 x\n', undefined],
  ])('reads the sysctl %j as %p', (text, values) => {
    expect(parseSysctlList(text)).toEqual(values)
    expect(parseSysctl(text)).toBe(values?.[0])
  })
})
