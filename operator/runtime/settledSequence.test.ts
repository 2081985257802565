import { describe, expect, it } from '@jest/globals'
import { SettledSequence } from './settledSequence.ts'

describe('SettledSequence', () => {
  it('moves only past what is settled, whatever the order', () => {
    const settled = new SettledSequence(4)
    for (const sequence of [5, 6, 9]) settled.open(sequence)
    settled.settle(6)
    expect(settled.value).toBe(4)
    settled.settle(5)
    expect(settled.value).toBe(6)
    settled.settle(9)
    expect(settled.value).toBe(9)
  })

  it('keeps its place over many thousands', () => {
    const settled = new SettledSequence(0)
    for (let sequence = 1; sequence <= 10_000; sequence++) settled.open(sequence)
    for (let sequence = 10_000; sequence > 1; sequence--) settled.settle(sequence)
    expect(settled.value).toBe(0)
    settled.settle(1)
    expect(settled.value).toBe(10_000)
    settled.open(10_001)
    settled.settle(10_001)
    expect(settled.value).toBe(10_001)
  })
})
