import { describe, expect, it } from '@jest/globals'
import { SharedText } from './sharedText.ts'

describe('SharedText', () => {
  it('gives back the first of equal texts', () => {
    const texts = new SharedText()
    expect(['node-a', 'node-b', 'node-a'].map((text) => texts.of(text))).toEqual(['node-a', 'node-b', 'node-a'])
    expect(texts.size).toBe(2)
  })

  it('holds a bounded number, and of them those that are asked for again and again', () => {
    const texts = new SharedText()
    for (let at = 0; at < 100_000; at++) {
      texts.of(`pod-${at}`)
      texts.of('node-a')
    }
    expect(texts.size).toBeLessThanOrEqual(40_000)
    expect([texts.has('node-a'), texts.has('pod-0')]).toEqual([true, false])
  })
})
