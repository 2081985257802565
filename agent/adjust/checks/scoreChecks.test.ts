import { describe, expect, it } from '@jest/globals'
import { refuseScore, SCORE_CHECKS, type ScoreIntent } from './scoreChecks.ts'

const reasonOf = (changes: Partial<ScoreIntent>): string | undefined =>
  refuseScore({
    score: { value: -500 },
    oomScoreAdj: -500,
    own: 0,
    mayLower: true,
    isOwnContainer: false,
    isOfNode: () => false,
    ...changes,
  })?.reason

describe('refuseScore', () => {
  it('lets through what nothing speaks against, also where the kernel does not show whose process it is', () => {
    expect(reasonOf({})).toBeUndefined()
    expect(reasonOf({ isOfNode: () => undefined })).toBeUndefined()
    expect(reasonOf({ score: { value: 500 }, oomScoreAdj: 500, own: -900 })).toBeUndefined()
  })

  it('leaves the container alone that the agent runs in', () => {
    expect(reasonOf({ isOwnContainer: true })).toBe('OwnContainer')
  })

  it('leaves a process of the node alone that is in a container’s cgroup', () => {
    expect(reasonOf({ isOfNode: () => true })).toBe('NodeProcess')
  })

  it('leaves a process alone that exempts itself: what it had could be given back only by writing -1000', () => {
    expect(reasonOf({ own: -1000, score: { value: 500 }, oomScoreAdj: 500 })).toBe('ExemptProcess')
  })

  it.each([
    [-990, 0, undefined],
    [-991, 0, 'BelowFloor'],
    [-1000, 0, 'BelowFloor'],
    // It began there, and stays.
    [-997, -997, undefined],
    [-998, -997, 'BelowFloor'],
  ])('sets no score below -990: %d to one of %d is %s', (oomScoreAdj, own, reason) => {
    expect(reasonOf({ score: { delta: -100 }, oomScoreAdj, own })).toBe(reason)
  })

  it.each([
    [-500, -600, 'LessProtection'],
    [-500, -500, undefined],
    [-500, -400, undefined],
    [0, -600, undefined],
  ])('takes no negative value for protection that protects less: %d to one of %d is %s', (value, own, reason) => {
    expect(reasonOf({ score: { value }, oomScoreAdj: value, own })).toBe(reason)
  })

  it.each([
    [-1, 0, 'RaisesOnly'],
    [0, 0, undefined],
    [100, 200, 'RaisesOnly'],
    [-400, -500, undefined],
  ])(
    'sets none below what the process began with where the mode only raises: %d to one of %d is %s',
    (to, own, why) => {
      const delta = { score: { delta: to - own }, oomScoreAdj: to, own }
      expect([reasonOf({ ...delta, mayLower: false }), reasonOf(delta)]).toEqual([why, undefined])
    },
  )

  it('takes a delta upwards for what it says, below 0 too', () => {
    expect(reasonOf({ score: { delta: 100 }, oomScoreAdj: -500, own: -600 })).toBeUndefined()
  })

  it('has a reason of its own for each check', () => {
    const names = SCORE_CHECKS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})
