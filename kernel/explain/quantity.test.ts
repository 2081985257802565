import { describe, expect, it } from '@jest/globals'
import { formatCount, formatKib, formatPart, formatShare, limitOrNone } from './quantity.ts'

describe('quantities', () => {
  it.each([
    [0, '0 KiB'],
    [264, '264 KiB'],
    [12_468, '12.2 MiB'],
    [15_592_916, '14.9 GiB'],
    [16_777_212, '16 GiB'],
    [147_654_756, '141 GiB'],
    [Number.MAX_SAFE_INTEGER * 64, '512 EiB'],
    [Number.MAX_SAFE_INTEGER * 64 * 20_000, '9.8 YiB'],
  ])('writes %d KiB as %s', (kib, expected) => {
    expect(formatKib(kib)).toBe(expected)
  })

  it.each([
    [0, 100, '0 %'],
    [1, 100_000, '< 0.1 %'],
    [13, 1000, '1.3 %'],
    [930, 1000, '93 %'],
    [1, 0, '– %'],
    [1004, 1000, '100 %'],
    [1840, 1000, '> 100 %'],
  ])('writes %d of %d as %s', (part, whole, expected) => {
    expect(formatShare(part, whole)).toBe(expected)
  })

  it.each([
    [32_768, 65_536, '32 MiB of 64 MiB (50 %)'],
    [65_540, 65_536, '64 MiB of 64 MiB (100 %)'],
    [145_408, 131_072, '142 MiB (more than the limit of 128 MiB)'],
  ])('writes %d KiB as a part of a limit of %d', (part, whole, expected) => {
    expect(formatPart(part, whole, 'limit')).toBe(expected)
  })

  it('counts in words', () => {
    expect([formatCount(1, 'page'), formatCount(2, 'page'), formatCount(2, 'process', 'processes')]).toEqual([
      '1 page',
      '2 pages',
      '2 processes',
    ])
  })

  it.each([
    [9_007_199_254_740_988, undefined],
    [9_007_199_254_740_928, undefined],
    [32_768, 32_768],
    [undefined, undefined],
  ])('takes a limit of %p kB for %p', (kib, expected) => {
    expect(limitOrNone(kib)).toBe(expected)
  })
})
