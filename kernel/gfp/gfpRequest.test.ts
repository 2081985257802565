import { describe, expect, it } from '@jest/globals'
import { decodeGfpMask } from './gfpFlags.ts'
import { parseGfpRequest } from './gfpRequest.ts'

describe('decodeGfpMask', () => {
  it.each([
    ['0x201da', '2.6.32', 'GFP_HIGHUSER_MOVABLE|__GFP_COLD'],
    ['0x201da', undefined, 'GFP_HIGHUSER_MOVABLE|__GFP_COLD'],
    ['0x280d2', '2.6.16', 'GFP_HIGHUSER|__GFP_ZERO'],
    ['0x1200d2', '2.6.24', 'GFP_HIGHUSER_MOVABLE'],
    ['0xd0', '3.10.0', 'GFP_KERNEL'],
    ['0x20', '3.10.0', 'GFP_ATOMIC'],
    ['0x2000d0', '3.2.0', 'GFP_KERNEL|__GFP_NOTRACK'],
    ['0x24200ca', '4.4.0', 'GFP_HIGHUSER_MOVABLE'],
    ['0x24200ca', undefined, 'GFP_HIGHUSER_MOVABLE'],
    ['0x14200ca', '4.14.0', 'GFP_HIGHUSER_MOVABLE'],
    ['0x6200ca', '4.19.0', 'GFP_HIGHUSER_MOVABLE'],
    ['0x6280ca', '4.18.0-1.el8', 'GFP_HIGHUSER_MOVABLE|__GFP_ZERO'],
    ['0x100cca', '5.1.0', 'GFP_HIGHUSER_MOVABLE'],
    ['0x40ac40', '6.7.0', 'GFP_NOFS|__GFP_NOWARN|__GFP_NOFAIL|__GFP_ACCOUNT'],
    ['0xa20', '5.15.0', 'GFP_ATOMIC'],
  ])('reads %s of %s as %s', (mask, release, expected) => {
    const { names, unknownBits } = decodeGfpMask(mask, release)
    expect(names.join('|')).toBe(expected)
    expect(unknownBits).toBeUndefined()
  })

  it('says which bits it has no name for', () => {
    expect(decodeGfpMask('0x8000cc0', '6.18.0')).toMatchObject({ names: ['GFP_KERNEL'], unknownBits: '0x8000000' })
    expect(decodeGfpMask('0x0', '6.18.0')).toMatchObject({ names: [] })
  })
})

describe('parseGfpRequest', () => {
  const request = (gfpMask: string | undefined, gfpFlags?: string[]) =>
    parseGfpRequest({ command: 'x', gfpMask, gfpFlags }, '6.18.0')

  it('takes the names that the kernel printed over any table', () => {
    expect(request('0xcc0', ['GFP_HIGHUSER_MOVABLE', '__GFP_NOVEL'])).toMatchObject({
      names: ['GFP_HIGHUSER_MOVABLE', '__GFP_NOVEL'],
      namedBy: 'kernel',
      highestZone: 'Movable',
      maySleep: true,
    })
  })

  it.each([
    ['0xcc0', 'Normal'],
    ['0xcc1', 'DMA'],
    ['0xcc4', 'DMA32'],
    ['0xcc2', 'HighMem'],
    ['0xcca', 'Movable'],
    ['0xcc8', 'Normal'],
  ])('lets %s use %s and what is below', (mask, zone) => {
    expect(request(mask)?.highestZone).toBe(zone)
  })

  it('tells what may sleep from what may not', () => {
    expect(request('0x820')).toMatchObject({ atomic: true, maySleep: false })
    expect(request('0xc00')).toMatchObject({ atomic: false, maySleep: true, mayUseIo: false, mayUseFilesystem: false })
    expect(request('0x600cc0')).toMatchObject({ thisNodeOnly: true, accounted: true })
  })

  it('knows nothing of a header that was lost', () => {
    expect(request(undefined)).toBeUndefined()
    expect(parseGfpRequest(undefined)).toBeUndefined()
  })
})
