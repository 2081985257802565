import { describe, expect, it } from '@jest/globals'
import { FAULT_KINDS, planRounds, type Round } from './plan.ts'

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed + 1)

/** The kinds that are broken after each step. */
function brokenAfter(round: Round): string[][] {
  const broken = new Set<string>()
  return round.map(({ action }) => {
    if (action?.does === 'begin') {
      expect(broken).not.toContain(action.kind)
      broken.add(action.kind)
    } else if (action !== undefined) {
      expect(broken.delete(action.kind)).toBe(true)
    }
    return [...broken]
  })
}

describe('planRounds', () => {
  it.each([1, 30, 300])('plans exactly %d kills', (kills) => {
    for (const seed of SEEDS) {
      const planned = planRounds(seed, kills, FAULT_KINDS).flat()
      expect(planned.reduce((sum, step) => sum + step.kills, 0)).toBe(kills)
      expect(planned.every((step) => step.kills >= 0 && step.delayMs >= 0)).toBe(true)
    }
  })

  it('ends what it begins within the round, and nothing is broken twice at once', () => {
    for (const round of SEEDS.flatMap((seed) => planRounds(seed, 100, FAULT_KINDS)))
      expect(brokenAfter(round).at(-1)).toEqual([])
  })

  it('has every kind of fault in a short campaign, and faults that overlap', () => {
    for (const seed of SEEDS) {
      const rounds = planRounds(seed, 100, FAULT_KINDS)
      const kinds = rounds.flat().flatMap(({ action }) => action?.kind ?? [])
      expect([...new Set(kinds)].toSorted()).toEqual(FAULT_KINDS.toSorted())
      expect(rounds.some((round) => brokenAfter(round).some((broken) => broken.length > 1))).toBe(true)
    }
  })

  it('has no other kind than those that are given', () => {
    const rounds = planRounds(1, 100, ['agentKilled', 'diskFull'])
    const kinds = rounds.flat().flatMap(({ action }) => action?.kind ?? [])
    expect([...new Set(kinds)].toSorted()).toEqual(['agentKilled', 'diskFull'])
  })

  it('is the same for the same seed, and another one for another', () => {
    expect(planRounds(7, 300, FAULT_KINDS)).toEqual(planRounds(7, 300, FAULT_KINDS))
    expect(planRounds(7, 300, FAULT_KINDS)).not.toEqual(planRounds(8, 300, FAULT_KINDS))
  })
})
