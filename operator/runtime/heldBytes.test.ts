import { describe, expect, it } from '@jest/globals'
import { killOf } from '../testing/killRecords.ts'
import { HeldBytes, bytesOfRecord } from './heldBytes.ts'

describe('HeldBytes', () => {
  it('adds up what is held, each sequence by what it held last', () => {
    const held = new HeldBytes()
    held.hold(1, 9_000)
    held.hold(2, 100)
    held.hold(1, 2_000)
    expect(held.total).toBe(2_100)
    held.release(1)
    held.release(3)
    expect(held.total).toBe(100)
  })
})

describe('bytesOfRecord', () => {
  it('grows with the texts that are long', () => {
    const bytes = bytesOfRecord(killOf(1, { candidates: '', verdict: '' }).record)
    expect(bytesOfRecord(killOf(1, { candidates: 'x'.repeat(2_000), verdict: 'y'.repeat(300) }).record) - bytes).toBe(
      2_300,
    )
  })
})
