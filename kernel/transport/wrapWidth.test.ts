import { describe, expect, it } from '@jest/globals'
import { WrapWidth } from './wrapWidth.ts'

function learn(...lengths: [number, boolean][]): WrapWidth {
  const width = new WrapWidth()
  for (const [length, isBroken] of lengths) width.observe(length, isBroken)
  return width
}

describe('WrapWidth', () => {
  it('learns the width at which everything is broken', () => {
    const width = learn([80, true], [40, false], [80, true], [80, true])
    expect([width.isHard(80), width.isHard(40)]).toEqual([true, false])
  })

  it('is not misled by a mail, nor by the rows of a table that it broke', () => {
    expect(learn([72, true], [70, true], [69, true], [72, true], [71, true], [72, true]).isHard(72)).toBe(false)
    expect(learn([65, true], [65, true], [65, true], [72, false]).isHard(65)).toBe(false)
  })
})
