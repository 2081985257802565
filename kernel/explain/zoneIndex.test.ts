import { describe, expect, it } from '@jest/globals'
import type { ZoneName } from '#kernel/gfp/gfpRequest.ts'
import type { Zone } from '#kernel/memory/zone.ts'
import { highestUsable, isAbove, reserveIndex } from './zoneIndex.ts'

/** `DMA 0 2900 7900 7900` for each zone, from the lowest. */
function zonesOf(...texts: string[]): Zone[] {
  return texts.map((text) => {
    const [name = '', ...pages] = text.split(' ')
    return { node: 0, name: name as ZoneName, lowmemReservePages: pages.map(Number) }
  })
}

const X86_64 = zonesOf('DMA 0 2900 7900 7900', 'DMA32 0 0 5000 5000', 'Normal 0 0 0 0')
const SMALL_X86_64 = zonesOf('DMA 0 1900 1900 1900 1900', 'DMA32 0 0 0 0 0')
const I386 = zonesOf('DMA 0 865 1000 1000', 'Normal 0 0 1080 1080', 'HighMem 0 0 0 0')
/** 6.9 to 6.13 keep nothing from requests for a zone that is empty. */
const EMPTY_MOVABLE_6_10 = zonesOf('DMA 0 1900 3900 0 0', 'DMA32 0 0 2000 0 0', 'Normal 0 0 0 0 0')

describe('reserveIndex', () => {
  it.each<[string, Zone[], ZoneName, number]>([
    ['Normal on a large x86_64', X86_64, 'Normal', 2],
    ['Movable on a large x86_64', X86_64, 'Movable', 3],
    ['DMA32 on a large x86_64', X86_64, 'DMA32', 1],
    ['DMA on a large x86_64', X86_64, 'DMA', 0],
    ['Normal where it is empty', SMALL_X86_64, 'Normal', 2],
    ['Normal on i386', I386, 'Normal', 1],
    ['HighMem on i386', I386, 'HighMem', 2],
    ['Movable on i386', I386, 'Movable', 3],
    ['Movable on 6.10, which keeps nothing from it', EMPTY_MOVABLE_6_10, 'Movable', 3],
    ['Normal on 6.10', EMPTY_MOVABLE_6_10, 'Normal', 2],
    ['a machine with one zone', zonesOf('Normal 0 0'), 'Movable', 1],
    ['a machine whose lists were cut', zonesOf('Normal'), 'Movable', 0],
    ['no zones at all', [], 'Movable', 0],
  ])('finds the place of %s', (_case, zones, name, expected) => {
    expect(reserveIndex(zones, name)).toBe(expected)
  })
})

describe('highestUsable', () => {
  it('is Normal for HighMem on a machine without it', () => {
    expect(highestUsable(X86_64, 'HighMem')).toBe('Normal')
    expect(highestUsable(I386, 'HighMem')).toBe('HighMem')
    expect(isAbove('HighMem', highestUsable(I386, 'Normal'))).toBe(true)
  })
})
