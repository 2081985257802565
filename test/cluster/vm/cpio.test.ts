import { describe, expect, it } from '@jest/globals'
import { packCpio, packFiles } from './cpio.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('packCpio', () => {
  it('begins every header and every content at a multiple of four, and ends with the trailer', () => {
    const archive = packCpio([{ path: 'bin/' }, { path: 'bin/a', content: bytes('12345'), mode: 0o644 }])
    const text = archive.toString('latin1')
    const headers = Array.from(text.matchAll(/070701/g), ({ index }) => index)
    expect(headers).toHaveLength(3)
    expect(headers.filter((at) => at % 4 !== 0)).toEqual([])
    expect(text.indexOf('12345') % 4).toBe(0)
    expect(text.slice(headers[2])).toContain('TRAILER!!!\0')
    expect(archive.length % 4).toBe(0)
  })

  it('says what is a folder and what a file, with mode and size', () => {
    const text = packCpio([{ path: 'bin/' }, { path: 'a', content: bytes('12345'), mode: 0o600 }]).toString('latin1')
    const field = (header: number, number: number): number =>
      Number.parseInt(text.slice(header + 6 + number * 8, header + 14 + number * 8), 16)
    const second = text.indexOf('070701', 6)
    expect([field(0, 1), field(0, 6)]).toEqual([0o040_755, 0])
    expect([field(second, 1), field(second, 6)]).toEqual([0o100_600, 5])
  })

  it('puts the folders of files before them', () => {
    const files = new Map([['opt/node/a', bytes('1')]])
    const folders = [{ path: 'opt/' }, { path: 'opt/node/' }]
    expect(packFiles(files)).toEqual(packCpio([...folders, { path: 'opt/node/a', content: bytes('1') }]))
  })

  it('makes the same bytes of the same files', () => {
    expect(packCpio([{ path: 'a', content: bytes('x') }])).toEqual(packCpio([{ path: 'a', content: bytes('x') }]))
  })
})
