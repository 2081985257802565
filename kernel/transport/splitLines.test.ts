import { describe, expect, it } from '@jest/globals'
import { LineSplitter } from './splitLines.ts'

function split(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = []
  const splitter = new LineSplitter((line) => lines.push(line))
  for (const chunk of chunks) splitter.push(Buffer.from(chunk as string))
  splitter.end()
  return lines
}

describe('LineSplitter', () => {
  it('puts lines together from chunks, and characters from their bytes', () => {
    const bytes = Buffer.from('é')
    expect(
      split('a\nb', 'c\n', '\n', Buffer.concat([Buffer.from('d'), bytes.subarray(0, 1)]), bytes.subarray(1)),
    ).toEqual(['a', 'bc', '', 'dé'])
  })

  it('cuts a line that no log has, and goes on with the next', () => {
    const [long, next] = split('x'.repeat(3_000_000), `${'y'.repeat(9)}\nz\n`)
    expect([long?.length, next]).toEqual([1024 * 1024, 'z'])
  })

  it('finds nothing in nothing', () => {
    expect(split('')).toEqual([])
  })
})
