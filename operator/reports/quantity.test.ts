import { describe, expect, it } from '@jest/globals'
import { formatKib } from './quantity.ts'

describe('formatKib', () => {
  it.each([
    [0, '0Ki'],
    [512, '512Ki'],
    [65_536, '64Mi'],
    [65_012, '63.5Mi'],
    [1024 * 1024 * 1.5, '1.5Gi'],
    [Number.MAX_SAFE_INTEGER, '8Ei'],
  ])('writes %d KiB as %s', (kib, text) => {
    expect(formatKib(kib)).toBe(text)
  })
})
