import { beforeEach, describe, expect, it } from '@jest/globals'
import { PrintkClock } from './clock.ts'

const WALL_MS = Date.UTC(2026, 10, 23)
/** The machine has been up for an hour. */
const UP_USEC = 3_600_000_000

let clock: PrintkClock

/** So many seconds after the first record. */
const at = (seconds: number) => ({ wallMs: WALL_MS + seconds * 1000, monotonicUsec: UP_USEC + seconds * 1_000_000 })

/** A record that was printed at one time, by a clock that is so far behind, is read at another. */
function read(printedSeconds: number, readSeconds: number, behindSeconds = 0): number {
  const stampUsec = at(printedSeconds - behindSeconds).monotonicUsec
  clock.note(stampUsec, at(readSeconds))
  return (clock.moment(stampUsec, at(readSeconds)).wallMs - WALL_MS) / 1000
}

beforeEach(() => {
  clock = new PrintkClock()
})

describe('PrintkClock', () => {
  it('goes back from now by the age of the record', () => {
    expect(read(-2.5, 0)).toBe(-2.5)
  })

  it('does not put a record of a faster printk clock into the future', () => {
    expect(read(0.0026, 0)).toBe(0)
  })

  it('learns how far printk’s clock is behind from records that are read as they are printed', () => {
    expect(read(0, 0, 100)).toBe(-100)
    expect(read(10.001, 10.003, 100)).toBe(10.003)
    expect(read(12, 15, 100)).toBeCloseTo(12.002, 2)
  })

  it('does not take records that waited for late ones: they are read without a rest', () => {
    for (let record = 0; record < 50; record++) expect(read(record - 1000, record / 1000)).toBeCloseTo(record - 1000, 1)
  })

  it('nor those that waited while this program stood still', () => {
    read(-1000, 0)
    expect(read(-999.9, 0.5)).toBeCloseTo(-999.9, 3)
    expect(read(-999.8, 0.501)).toBeCloseTo(-999.8, 3)
  })

  it('nor one that waited while reading was stopped', () => {
    read(-1000, 0)
    clock.interrupt()
    expect(read(-900, 60)).toBe(-900)
  })

  it('goes by the record that was read soonest, among the latest', () => {
    read(0, 0)
    read(10, 10.5)
    read(20, 20.001)
    expect(read(29, 30)).toBeCloseTo(29.001, 3)
    for (let record = 4; record < 30; record++) read(record * 10, record * 10, 3)
    expect(read(400, 400, 3)).toBe(400)
  })
})
