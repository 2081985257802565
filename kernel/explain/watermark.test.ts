import { describe, expect, it } from '@jest/globals'
import { parseBuddyLine } from '#kernel/memory/buddyList.ts'
import type { Zone } from '#kernel/memory/zone.ts'
import { judgeZone } from './watermark.ts'

const ZONE: Zone = { node: 0, name: 'Normal', freeKib: 60_000, minKib: 40_000, lowKib: 50_000, highKib: 60_000 }
const ORDER_0 = { order: 0, version: 6018, pageKib: 4, reserveIndex: 2 }

function judge(zone: Partial<Zone>, request: Partial<typeof ORDER_0> = {}) {
  const { reason, text } = judgeZone({ ...ZONE, ...zone }, { ...ORDER_0, ...request })
  return { reason, text }
}

function buddy(text: string) {
  return { buddy: parseBuddyLine(`Node 0 Normal: ${text}`) }
}

describe('judgeZone', () => {
  it.each<[Partial<Zone>, string, string]>([
    [{}, 'watermark', 'Normal: 60000 kB free ≤ 60000 high'],
    [{ freeKib: 45_000 }, 'watermark', 'Normal: 45000 kB free ≤ 60000 high (below its low 50000 too)'],
    [{ freeKib: 39_996 }, 'watermark', 'Normal: 39996 kB free ≤ 60000 high (below its min 40000 too)'],
    [{ freeKib: 60_004 }, 'accepts', 'Normal: 60004 kB free > 60000 high: by the printed numbers it would now accept'],
    [
      { freeKib: 60_400, lowmemReservePages: [0, 0, 100, 100] },
      'reserve',
      'Normal: 60400 kB free ≤ 60000 high + 100 pages × 4 kB = 60400',
    ],
    [
      { freeKib: 70_000, reservedHighatomicKib: 4096, freeCmaKib: 8000 },
      'watermark',
      'Normal: 70000 kB free − 4096 highatomic − 8000 CMA = 57904 ≤ 60000 high',
    ],
    [
      { freeKib: 70_000, reservedHighatomicKib: 40_096, freeHighatomicKib: 96 },
      'accepts',
      'Normal: 70000 kB free − 96 highatomic = 69904 > 60000 high: by the printed numbers it would now accept',
    ],
    [{ freeKib: undefined as never }, 'unknown', 'Normal: its line is cut, so it is not judged'],
  ])('judges %j', (zone, reason, text) => {
    expect(judge(zone)).toEqual({ reason, text })
  })

  it('counts pages in their own size', () => {
    expect(judge({ freeKib: 66_400, lowmemReservePages: [0, 0, 100] }, { pageKib: 64 }).reason).toBe('reserve')
  })

  it('since 4.4 wants one block that is large enough and of a usual type', () => {
    const order2 = { order: 2 }
    expect(
      judge({ freeKib: 70_000, ...buddy('9000*4kB (UME) 1000*8kB (ME) 4*16kB (H) 8*32kB (C) = 1kB') }, order2),
    ).toEqual({
      reason: 'fragmented',
      text: 'Normal: 70000 kB free − 12 for order 2 = 69988 > 60000 high, but no free block of 16 KiB or more that it may take',
    })
    expect(judge({ freeKib: 70_000, ...buddy('9000*4kB (UME) 0*16kB 1*32kB (M) = 1kB') }, order2).reason).toBe(
      'accepts',
    )
    expect(judge({ freeKib: 70_000 }, order2).reason).toBe('accepts')
  })

  it('before 4.4 takes smaller blocks off and halves the mark, order by order', () => {
    const order2 = { order: 2, version: 3010 }
    const scattered = buddy('10000*4kB 2500*8kB 0*16kB = 60000kB')
    // 69988 − 40000 = 29988 ≤ 30000, half of high.
    expect(judge({ freeKib: 70_000, ...scattered }, order2)).toEqual({
      reason: 'fragmented',
      text: 'Normal: 70000 kB free − 12 for order 2 = 69988 > 60000 high, but of that, blocks of 8 KiB or more are 29988 kB ≤ 30000, high halved 1 time',
    })
    // 69988 − 39960 = 30028 > 30000 passes; 30028 − 20000 = 10028 ≤ 15000 does not.
    const second = buddy('9990*4kB 2500*8kB 0*16kB = 60000kB')
    expect(judge({ freeKib: 70_000, ...second }, order2)).toMatchObject({
      reason: 'fragmented',
      text: expect.stringContaining('blocks of 16 KiB or more are 10028 kB ≤ 15000, high halved 2 times'),
    })
    const large = buddy('10*4kB 10*8kB 1000*64kB = 64000kB')
    expect(judge({ freeKib: 70_000, ...large }, order2).reason).toBe('accepts')
  })
})
