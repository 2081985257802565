import { describe, expect, it } from '@jest/globals'
import { columnsOf, cutToColumns, padToColumns, splitToColumns } from './columns.ts'

describe('columns of a terminal', () => {
  it.each([
    ['', 0],
    ['tmux: server', 12],
    ['── █▏ × µ →', 11],
    ['日本語', 6],
    ['한글', 4],
    ['ｆｕｌｌ', 8],
    ['😀', 2],
    ['é', 1],
    ['e\u0301', 1],
    ['Ω', 1],
  ])('%p takes %d', (text, columns) => {
    expect(columnsOf(text)).toBe(columns)
  })

  it('counts what is written over one character without end', () => {
    expect(columnsOf(`e${'\u0301'.repeat(500)}`)).toBeGreaterThan(80)
  })

  it('cuts before a character that does not fit as a whole', () => {
    expect(cutToColumns('日本語', 5)).toBe('日本')
    expect(cutToColumns('a😀', 2)).toBe('a')
    expect(cutToColumns('abc', 2)).toBe('ab')
  })

  it('splits a long text into lines', () => {
    expect(splitToColumns('日本語ab', 4)).toEqual(['日本', '語ab'])
    expect(splitToColumns('', 4)).toEqual([''])
  })

  it('pads to a width, and leaves what is wider', () => {
    expect([padToColumns('日', 4), padToColumns('abc', 2)]).toEqual(['日  ', 'abc'])
  })
})
