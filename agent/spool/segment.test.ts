import { describe, expect, it } from '@jest/globals'
import { encodeRecord, SEGMENT_HEADER, type SpoolRecord } from './record.ts'
import { scanSegment } from './segment.ts'

const kill = (sequence: number): SpoolRecord => ({
  kind: 'kill',
  subject: `oom.v1.kill.n.b.${sequence}`,
  monotonicUsec: sequence * 1000,
  killLine: true,
  payload: Buffer.from(`{"sequence":${sequence},"command":"ü"}`),
})
const acked: SpoolRecord = { kind: 'acked', before: { segment: 3, offset: 4711 } }
const RECORDS = [kill(1), kill(2), acked, kill(3)]
const ENCODED = RECORDS.map(encodeRecord)
const SEGMENT = Buffer.concat([SEGMENT_HEADER, ...ENCODED])

function scan(bytes: Buffer) {
  const records: SpoolRecord[] = []
  const places: [number, number][] = []
  const scanned = scanSegment(bytes, (record, start, end) => {
    records.push(record)
    places.push([start, end])
  })
  return { ...scanned, records, places }
}

describe('scanSegment', () => {
  it('reads what was written, and where', () => {
    const { records, places, end, corrupt } = scan(SEGMENT)
    expect(records).toEqual(RECORDS)
    expect(places[0]?.[0]).toBe(SEGMENT_HEADER.length)
    expect(places.slice(1).map(([start]) => start)).toEqual(places.slice(0, -1).map(([, stop]) => stop))
    expect([end, corrupt]).toEqual([SEGMENT.length, 0])
  })

  it('takes a tail that is torn at any byte for data, and keeps every whole record before it', () => {
    for (let length = SEGMENT_HEADER.length; length < SEGMENT.length; length++) {
      const { records, end, corrupt } = scan(SEGMENT.subarray(0, length))
      expect(records).toEqual(RECORDS.slice(0, records.length))
      expect(end).toBeLessThanOrEqual(length)
      expect(length - end).toBeLessThan(ENCODED[records.length]?.length ?? 0)
      expect(corrupt).toBe(0)
    }
  })

  it.each([
    ['zeros, as a file system leaves them', Buffer.alloc(64)],
    ['noise', Buffer.from('\xff\xff\xff\x7fnoise that is longer than a prefix', 'latin1')],
  ])('stops at a tail of %s', (_name, tail) => {
    expect(scan(Buffer.concat([SEGMENT, tail]))).toMatchObject({ records: RECORDS, end: SEGMENT.length, corrupt: 0 })
  })

  it('passes over a record with any damaged byte, and tells the next', () => {
    const start = SEGMENT_HEADER.length + 4
    const body = ENCODED[0]?.length ?? 0
    for (let at = start; at < SEGMENT_HEADER.length + body; at++) {
      const damaged = Buffer.from(SEGMENT)
      damaged[at] = (damaged[at] ?? 0) ^ 0x41
      expect(scan(damaged)).toMatchObject({ records: RECORDS.slice(1), end: SEGMENT.length, corrupt: 1 })
    }
  })

  it.each(['', 'oomkeeper spool 2\n', 'something else'])('has nothing of a file that begins with %j', (text) => {
    expect(scan(Buffer.from(text))).toMatchObject({ records: [], end: 0, corrupt: 0 })
  })

  it.each([
    ['a kill without a subject', { ...kill(1), subject: '' }],
    ['a kill without a time', { ...kill(1), monotonicUsec: 'soon' }],
    ['a mark for no place', { kind: 'acked', before: { segment: -1 } }],
  ])('takes %s for damage, though its checksum is right', (_name, record) => {
    const bytes = Buffer.concat([SEGMENT, encodeRecord(record as never), encodeRecord(kill(4))])
    expect(scan(bytes)).toMatchObject({ records: [...RECORDS, kill(4)], corrupt: 1 })
  })
})
