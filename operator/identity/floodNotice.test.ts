import { describe, expect, it } from '@jest/globals'
import { parseFloodNotice } from './floodNotice.ts'

describe('parseFloodNotice', () => {
  it('reads which node, and how long it is kept out', () => {
    expect(parseFloodNotice(Buffer.from('{"node":"node.a","seconds":60}'))).toEqual({ node: 'node.a', seconds: 60 })
  })

  it.each([
    '',
    '{',
    '{"node":"","seconds":60}',
    '{"node":"a","seconds":0}',
    '{"node":"a","seconds":3601}',
    '{"node":"a"}',
  ])('takes %j for none', (text) => {
    expect(parseFloodNotice(Buffer.from(text))).toBeUndefined()
  })
})
