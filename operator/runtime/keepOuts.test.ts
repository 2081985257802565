import { beforeEach, describe, expect, it } from '@jest/globals'
import { KeepOuts } from './keepOuts.ts'

let nowMs: number
let keepOuts: KeepOuts

beforeEach(() => {
  nowMs = 1_000_000
  keepOuts = new KeepOuts({ firstSeconds: 60, maxSeconds: 200, nowMs: () => nowMs })
})

describe('KeepOuts', () => {
  it('keeps a node out once for all the messages of a flood, those too that were stored while it was cut', () => {
    expect(keepOuts.plan('node-a', 1_000_000)).toBe(60)
    expect(keepOuts.plan('node-a', 1_000_001)).toBeUndefined()
    expect(keepOuts.plan('node-a', 999_000)).toBeUndefined()
    expect(keepOuts.plan('node-b', 1_000_001)).toBe(60)
  })

  it('keeps one that floods again out for twice as long, within a bound', () => {
    keepOuts.plan('node-a', 1_000_000)
    expect(keepOuts.plan('node-a', 1_060_000)).toBe(120)
    expect(keepOuts.plan('node-a', 1_179_999)).toBeUndefined()
    expect(keepOuts.plan('node-a', 1_180_000)).toBe(200)
    expect(keepOuts.plan('node-a', 1_380_000)).toBe(200)
  })

  it('begins anew with one that was in for an hour without flooding', () => {
    keepOuts.plan('node-a', 1_000_000)
    expect(keepOuts.plan('node-a', 1_000_000 + 60_000 + 3_600_000)).toBe(60)
  })

  it('keeps nobody out for a flood that is read long after it was stored', () => {
    nowMs = 1_300_001
    expect(keepOuts.plan('node-a', 1_000_000)).toBeUndefined()
    nowMs = 1_300_000
    expect(keepOuts.plan('node-a', 1_000_000)).toBe(60)
  })
})
