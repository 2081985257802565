import { gzipSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import { describeUnusable, isGzip } from './unusable.ts'

describe('describeUnusable', () => {
  it.each<[string, Buffer, RegExp]>([
    ['a journal', Buffer.from('LPKSHHRH\0\0'), /journalctl/],
    ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), /xz/],
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), /zstd/],
    ['a program', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0]), /binary/],
  ])('knows %s', (_case, head, reason) => {
    expect(describeUnusable(head)).toMatch(reason)
  })

  it.each(['[    1.000000] x\r\n', 'é\u001b[31m\ttext', `hole ${'\0'.repeat(3)}${'text '.repeat(20)}`, ''])(
    'reads %j',
    (text) => {
      expect(describeUnusable(Buffer.from(text))).toBeUndefined()
    },
  )
})

describe('isGzip', () => {
  it('goes by the first bytes', () => {
    expect([isGzip(gzipSync('x')), isGzip(Buffer.from('\u001f')), isGzip(Buffer.from('x'))]).toEqual([
      true,
      false,
      false,
    ])
  })
})
