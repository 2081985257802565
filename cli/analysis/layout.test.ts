import { describe, expect, it } from '@jest/globals'
import { bar, cell, numberCell, paragraph } from './layout.ts'

describe('paragraph', () => {
  it('keeps to 80 columns, later lines under the first', () => {
    const lines = paragraph('word '.repeat(40).trim(), '  1. ')
    expect(lines.every((line) => line.length <= 80)).toBe(true)
    expect(lines.map((line) => line.slice(0, 9))).toEqual(['  1. word', '     word', '     word'])
  })

  it('keeps a number with its unit', () => {
    expect(paragraph(`${'x'.repeat(70)} 14.9 GiB (93 %)`)).toEqual([`  ${'x'.repeat(70)}`, '  14.9 GiB (93 %)'])
  })

  it('cuts a word that no line can hold', () => {
    expect(paragraph(`a ${'/very-long-cgroup'.repeat(10)} b`).map((line) => line.length)).toEqual([3, 80, 80, 18])
  })

  it('shows what a terminal would act on', () => {
    expect(paragraph('a\u001b[2J\nb')).toEqual(['  a\\x1b[2J\\x0ab'])
  })
})

describe('cell', () => {
  it('is as wide as it says, whatever is in it', () => {
    expect(cell('tmux: server', 6)).toBe('tmux:…')
    expect(cell('x\u001b', 8)).toBe('x\\x1b   ')
    expect(cell('日本語データ', 8)).toBe('日本語… ')
  })

  it('cuts no character in two', () => {
    expect(cell('\u{1f600}'.repeat(9), 16)).toBe(`${'\u{1f600}'.repeat(7)}… `)
    expect(paragraph('\u{1f600}'.repeat(40)).every((line) => line.isWellFormed())).toBe(true)
  })
})

describe('numberCell', () => {
  it.each([
    [20557, '   20557'],
    [undefined, '       –'],
    [-9_007_199_254_740_991, '  -9e+15'],
  ])('is as wide as it says for %p', (value, expected) => {
    expect(numberCell(value, 8)).toBe(expected)
  })
})

describe('bar', () => {
  it.each([
    [0, 100, ''],
    [1, 100_000, '▏'],
    [50, 100, '█████'],
    [55, 100, '█████▌'],
    [200, 100, '██████████'],
    [5, 0, ''],
  ])('draws %d of %d', (part, whole, expected) => {
    expect(bar(part, whole, 10)).toBe(expected)
  })
})
