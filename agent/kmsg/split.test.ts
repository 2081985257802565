import { describe, expect, it } from '@jest/globals'
import { RecordSplitter } from './split.ts'

function split(text: string, chunkBytes: number): string[] {
  const records: string[] = []
  const splitter = new RecordSplitter((record) => records.push(record.toString()))
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += chunkBytes) splitter.push(bytes.subarray(at, at + chunkBytes))
  splitter.end()
  return records
}

const TEXT = '# a recording\n6,1,10,-;one\n SUBSYSTEM=cpu\n DEVICE=+x\n6,2,11,-;two\n3,3,12,-;three without an end'

describe('RecordSplitter', () => {
  it.each([1, 2, 7, 1000])(
    'gives one record a line, without dictionary and comment lines, fed %i bytes at a time',
    (chunkBytes) => {
      expect(split(TEXT, chunkBytes)).toEqual(['6,1,10,-;one', '6,2,11,-;two', '3,3,12,-;three without an end'])
    },
  )

  it('tells the head of an overlong record once and passes over its rest', () => {
    const records = split(`6,1,10,-;${'x'.repeat(60_000)}\n6,2,11,-;next\n`, 4096)
    expect(records).toHaveLength(2)
    expect(records[0]?.length).toBeGreaterThan(8192)
    expect(records[1]).toBe('6,2,11,-;next')
  })
})
