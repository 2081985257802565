import { describe, expect, it } from '@jest/globals'
import { shownText } from './shownText.ts'

describe('shownText', () => {
  it('shows control characters as text', () => {
    expect(shownText('a\u001b[31m\n', 64)).toBe('a\\x1b[31m\\x0a')
  })

  it('marks a cut and never splits a character', () => {
    expect(shownText('ab😀cd', 4)).toBe('ab…')
    expect(shownText('ab😀cd', 6)).toBe('ab😀cd')
  })

  it('mends a lone surrogate', () => {
    expect(shownText('a\ud83d', 10)).toBe('a\ufffd')
  })
})
