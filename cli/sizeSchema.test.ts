import { describe, expect, it } from '@jest/globals'
import { sizeKibSchema } from './sizeSchema.ts'

describe('an amount of memory', () => {
  it.each([
    ['2Gi', 2_097_152],
    ['1.5Mi', 1536],
    ['100M', 97_656],
    ['4096', 4],
    ['0', undefined],
    ['1023', undefined],
    ['2gi', undefined],
    ['-1Gi', undefined],
    ['9e9', 8_789_062],
    ['99999999999999Ti', undefined],
    ['', undefined],
  ])('reads %j as %p KiB', (text, kib) => {
    const read = sizeKibSchema.safeParse(text)
    expect(read.success ? read.data : undefined).toBe(kib)
  })
})
