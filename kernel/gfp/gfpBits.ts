import { parseKernelVersion } from '#kernel/kernelVersion.ts'

/** Bit value → flag name, as a kernel of one era has them. */
export type GfpBits = ReadonlyMap<number, string>

/** The zone bits and HIGH, IO, FS have never moved. */
const ALWAYS = {
  0x1: '__GFP_DMA',
  0x2: '__GFP_HIGHMEM',
  0x4: '__GFP_DMA32',
  0x8: '__GFP_MOVABLE',
  0x20: '__GFP_HIGH',
  0x40: '__GFP_IO',
  0x80: '__GFP_FS',
}
const TO_5_0 = {
  0x200: '__GFP_NOWARN',
  0x400: '__GFP_RETRY_MAYFAIL',
  0x800: '__GFP_NOFAIL',
  0x1000: '__GFP_NORETRY',
  0x2000: '__GFP_MEMALLOC',
  0x4000: '__GFP_COMP',
  0x8000: '__GFP_ZERO',
  0x10000: '__GFP_NOMEMALLOC',
  0x20000: '__GFP_HARDWALL',
  0x40000: '__GFP_THISNODE',
}
const TO_4_17 = { ...TO_5_0, 0x400: '__GFP_REPEAT', 0x100: '__GFP_COLD', 0x200000: '__GFP_NOTRACK' }
const WAITING = {
  ...TO_4_17,
  0x10: '__GFP_WAIT',
  0x80000: '__GFP_RECLAIMABLE',
  0x400000: '__GFP_NO_KSWAPD',
  0x800000: '__GFP_OTHER_NODE',
  0x1000000: '__GFP_WRITE',
}
const RECLAIMING = { 0x10: '__GFP_RECLAIMABLE', 0x80000: '__GFP_ATOMIC', 0x100000: '__GFP_ACCOUNT' }

/** First version of each era with its table, newest first. Source: include/linux/gfp.h, gfp_types.h (6.0+). */
const ERAS: readonly (readonly [number, Readonly<Record<number, string>>])[] = [
  [
    5001,
    {
      0x10: '__GFP_RECLAIMABLE',
      0x100: '__GFP_ZERO',
      0x200: '__GFP_ATOMIC',
      0x400: '__GFP_DIRECT_RECLAIM',
      0x800: '__GFP_KSWAPD_RECLAIM',
      0x1000: '__GFP_WRITE',
      0x2000: '__GFP_NOWARN',
      0x4000: '__GFP_RETRY_MAYFAIL',
      0x8000: '__GFP_NOFAIL',
      0x10000: '__GFP_NORETRY',
      0x20000: '__GFP_MEMALLOC',
      0x40000: '__GFP_COMP',
      0x80000: '__GFP_NOMEMALLOC',
      0x100000: '__GFP_HARDWALL',
      0x200000: '__GFP_THISNODE',
      0x400000: '__GFP_ACCOUNT',
    },
  ],
  [
    4018,
    {
      ...TO_5_0,
      ...RECLAIMING,
      0x100: '__GFP_WRITE',
      0x200000: '__GFP_DIRECT_RECLAIM',
      0x400000: '__GFP_KSWAPD_RECLAIM',
    },
  ],
  [
    4010,
    {
      ...TO_4_17,
      ...RECLAIMING,
      0x400000: '__GFP_DIRECT_RECLAIM',
      0x800000: '__GFP_WRITE',
      0x1000000: '__GFP_KSWAPD_RECLAIM',
    },
  ],
  [
    4004,
    {
      ...TO_4_17,
      ...RECLAIMING,
      0x400000: '__GFP_DIRECT_RECLAIM',
      0x800000: '__GFP_OTHER_NODE',
      0x1000000: '__GFP_WRITE',
      0x2000000: '__GFP_KSWAPD_RECLAIM',
    },
  ],
  [3000, { ...WAITING, 0x100000: '__GFP_KMEMCG' }],
  // MOVABLE moved down to 8 during 2.6; both bits had no other meaning.
  [0, { ...WAITING, 0x100000: '__GFP_MOVABLE' }],
]

/** Names came with 4.6. A mask without them is of a kernel before, and this bit tells 4.4 from those before it. */
const KSWAPD_RECLAIM_4_4 = 0x2000000

/** The table of a kernel; without a release it is one of those that print no names. */
export function gfpBitsOf(kernelRelease: string | undefined, mask: number): GfpBits {
  const version = parseKernelVersion(kernelRelease) ?? ((mask & KSWAPD_RECLAIM_4_4) === 0 ? 3010 : 4004)
  const table = ERAS.find(([first]) => version >= first)?.[1] ?? {}
  return new Map(Object.entries({ ...ALWAYS, ...table }).map(([bit, name]) => [Number(bit), name]))
}
