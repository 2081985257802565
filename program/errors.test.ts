import { describe, expect, it } from '@jest/globals'
import { messageOf, printable } from './errors.ts'

describe('printable', () => {
  it('shows what a terminal would act on', () => {
    expect(printable('a\x1b[31mb\nc\u202ed')).toBe('a\\x1b[31mb\\x0ac\\u{202e}d')
  })

  it('leaves ordinary text alone', () => {
    expect(printable('tmux: server (größe) 工')).toBe('tmux: server (größe) 工')
  })
})

describe('messageOf', () => {
  it.each([
    [new Error('one\ntwo'), 'one\\x0atwo'],
    [{ message: 'like an error' }, 'like an error'],
    ['text', 'text'],
    [undefined, 'undefined'],
  ])('makes one line of %p', (thrown, message) => {
    expect(messageOf(thrown)).toBe(message)
  })
})
