import { describe, expect, it } from '@jest/globals'
import { MAX_UNSETTLED, watermark as watermarkSchema } from '../api/killRecord.ts'
import { advance, countedBy, unsettledOf } from './watermark.ts'

const at = (settled: number) => ({ stream: 's1', settled })

describe('advance', () => {
  it('keeps what is above the checkpoint as a list, and forgets what it has passed', () => {
    const { watermark } = advance(undefined, at(10), [12, 15])
    expect(watermark).toEqual({ stream: 's1', sequence: 15, settled: 10, unsettled: '2 3' })
    expect(advance(watermark, at(13), [20]).watermark).toEqual({
      stream: 's1',
      sequence: 20,
      settled: 13,
      unsettled: '2 5',
    })
  })

  it('takes kills in any order', () => {
    const first = advance(undefined, at(0), [9]).watermark
    const { watermark } = advance(first, at(0), [4])
    expect(unsettledOf(watermark)).toEqual([4, 9])
    expect(watermark.sequence).toBe(9)
  })

  it('has room for so many, and again when the checkpoint has moved', () => {
    const sequences = Array.from({ length: MAX_UNSETTLED + 3 }, (_, index) => (index + 1) * 2 ** 43)
    const { watermark, taken } = advance(undefined, at(0), sequences)
    expect(taken).toBe(MAX_UNSETTLED)
    expect(watermarkSchema.safeParse(watermark).success).toBe(true)
    expect(advance(watermark, at(0), [2 ** 53 - 1])).toEqual({ watermark, taken: 0 })
    expect(advance(watermark, at(watermark.sequence), [2 ** 53 - 1]).taken).toBe(1)
  })

  it('starts anew with another stream', () => {
    const before = { stream: 's0', sequence: 99, settled: 90, unsettled: '9' }
    expect(advance(before, at(0), [3]).watermark).toEqual({ stream: 's1', sequence: 3, settled: 0, unsettled: '3' })
  })

  it('never goes back behind a checkpoint that it has seen', () => {
    const before = { stream: 's1', sequence: 99, settled: 90, unsettled: '9' }
    expect(advance(before, at(0), [100]).watermark).toMatchObject({ settled: 90, unsettled: '9 1' })
  })
})

describe('countedBy', () => {
  const watermark = { stream: 's1', sequence: 15, settled: 10, unsettled: '2 3' }

  it.each([
    ['up to the checkpoint', 10, true],
    ['that the list names', 12, true],
    ['between them, of other reports', 13, false],
    ['past it', 16, false],
  ])('knows a place %s', (_what, sequence, expected) => {
    expect(countedBy(watermark, 's1')(sequence)).toBe(expected)
  })

  it('knows nothing of another stream', () => {
    expect(countedBy(watermark, 's2')(3)).toBe(false)
    expect(countedBy(undefined, 's1')(3)).toBe(false)
  })
})
