import { describe, expect, it } from '@jest/globals'
import { parseQuantityKib } from './quantityKib.ts'

describe('parseQuantityKib', () => {
  it.each([
    ['500Mi', 512_000],
    ['2Gi', 2_097_152],
    ['1.5Gi', 1_572_864],
    ['1e9', 976_562],
    ['1G', 976_562],
    ['104857600', 102_400],
    ['104857600000m', 102_400],
    ['+1Ki', 1],
  ])('reads %s', (text, kib) => {
    expect(parseQuantityKib(text)).toBe(kib)
  })

  it.each(['', 'much', '5%', '-1Gi', '1 Gi', '1gi', '0', '100', '9'.repeat(40), '1e99', '1Zi'])(
    'takes %j for none',
    (text) => {
      expect(parseQuantityKib(text)).toBeUndefined()
    },
  )
})
