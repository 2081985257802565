import { describe, expect, it } from '@jest/globals'
import { missReason, type Foresight } from '#contract/killContext.ts'
import { killEventOf } from '../testing/killEvents.ts'
import { predictionText } from './predictionText.ts'

const everybody = () => true
const foreseen = { pid: 41, command: 'java', rssKib: 9_000, oomScoreAdj: 0, badnessKib: 9_100 }
const miss: Foresight = {
  ageMs: 1_340,
  processCount: 12,
  candidates: [foreseen],
  victimRank: 3,
  outcome: 'miss',
  missReason: 'grew',
}

const textOf = (foresight: Foresight | undefined, isVisible = everybody) =>
  predictionText(killEventOf(foresight && { foresight }), isVisible)

describe('predictionText', () => {
  it.each<[string, Foresight | undefined, string | undefined]>([
    [
      'that the kernel took whom the agent foresaw',
      { ...miss, outcome: 'hit' },
      'hit: first of 12 in line, 1.3 s before',
    ],
    [
      'who was foreseen, and why it was another',
      miss,
      'miss: java(41) was foreseen 1.3 s before, the victim as number 3 of 12; the victim had grown since',
    ],
    [
      'that nobody was foreseen',
      { ageMs: 9, processCount: 0, candidates: [], outcome: 'miss', missReason: 'unseen' },
      'miss: nobody was foreseen 0.0 s before; the victim started after that',
    ],
    ['nothing without a foresight', undefined, undefined],
  ])('says %s', (_what, foresight, text) => {
    expect(textOf(foresight)).toBe(text)
  })

  it('names nobody of another namespace', () => {
    expect(textOf(miss, () => false)).toMatch(/^miss: \(other namespace\) was foreseen/)
  })

  it.each(missReason.options)('has words for the reason %s', (reason) => {
    expect(textOf({ ...miss, missReason: reason })).toMatch(/; [a-z].{8,}$/)
  })
})
