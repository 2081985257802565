import { beforeEach, describe, expect, it } from '@jest/globals'
import { processOf } from '../testing/rules.ts'
import { ForeignWrites } from './foreignWrites.ts'

const A = 'a'.repeat(64)

let writes: ForeignWrites
let nowMs: number

/** Ours is written, and by the next look somebody else's. @returns whether it is left alone from then on. */
function fight(afterMs: number, foreign = 0): boolean {
  writes.wrote(A, processOf(1, 0), 500, nowMs)
  nowMs += afterMs
  return writes.isLeftAlone(A, [processOf(1, foreign)], nowMs)
}

beforeEach(() => {
  writes = new ForeignWrites()
  nowMs = 0
})

describe('ForeignWrites', () => {
  it('leaves a container alone for ten minutes when somebody has written it thrice within one', () => {
    expect([fight(10_000), fight(10_000), fight(10_000)]).toEqual([false, false, true])
    nowMs += 599_999
    expect(writes.isLeftAlone(A, [processOf(1, 0)], nowMs)).toBe(true)
    nowMs++
    expect(writes.isLeftAlone(A, [processOf(1, 0)], nowMs)).toBe(false)
  })

  it('takes a few writes over a longer time for none', () => {
    expect([fight(10_000), fight(40_000), fight(40_000), fight(40_000)]).toEqual([false, false, false, false])
  })

  it('takes what the runtime writes while it starts a container for no foreign write', () => {
    expect([fight(1_000), fight(1_000), fight(1_000), fight(1_000)]).toEqual([false, false, false, false])
  })

  it('counts a look at many changed processes once, and a change that stays once', () => {
    nowMs = 10_000
    for (const pid of [1, 2, 3]) writes.wrote(A, processOf(pid, 0), 500, 0)
    const now = [1, 2, 3].map((pid) => processOf(pid, 0))
    expect([0, 1, 2].map((ms) => writes.isLeftAlone(A, now, nowMs + ms))).toEqual([false, false, false])
  })

  it('takes a process that has ended, and one that was given back, for none', () => {
    for (let round = 0; round < 4; round++) {
      writes.wrote(A, processOf(1, 0), 500, nowMs)
      writes.gaveBack(A, processOf(1, 500))
      writes.wrote(A, processOf(2 + round, 0), 500, nowMs)
      nowMs += 10_000
      expect(writes.isLeftAlone(A, [processOf(1, 77)], nowMs)).toBe(false)
    }
  })

  it('forgets a container that is gone', () => {
    fight(10_000)
    fight(10_000)
    writes.keep(new Set())
    expect(fight(10_000)).toBe(false)
  })
})
