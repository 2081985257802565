import { describe, expect, it } from '@jest/globals'
import { countDueWrites, planStorm, seededRandom } from './stormPlan.ts'
import { FULL, planStages } from './sizes.ts'

const podsOf = Array.from({ length: 2_000 }, (_, workload) => [workload, workload + 2_000])
const workloadOf = (pod: number): number => pod % 2_000

describe('planStorm', () => {
  it('spreads an even storm over all workloads alike', () => {
    const kills = planStorm('even', FULL, podsOf, seededRandom(1))
    const byWorkload = Map.groupBy(kills, ({ pod }) => workloadOf(pod))
    expect(byWorkload.size).toBe(2_000)
    expect([...byWorkload.values()].every(({ length }) => length === 10)).toBe(true)
    expect(kills.at(-1)?.atMs).toBeLessThan(60_000)
  })

  it('puts nine of ten kills of a skewed storm into fifty workloads', () => {
    const kills = planStorm('skewed', FULL, podsOf, seededRandom(1))
    const hot = kills.filter(({ pod }) => workloadOf(pod) < 50).length
    expect(hot / kills.length).toBeCloseTo(0.9, 2)
  })

  it('is the same storm for the same seed, and another for another', () => {
    const storm = (seed: number) => planStorm('skewed', { ...FULL, kills: 50 }, podsOf, seededRandom(seed))
    expect(storm(1)).toEqual(storm(1))
    expect(storm(2)).not.toEqual(storm(1))
  })
})

describe('countDueWrites', () => {
  it('takes kills of one report in one second for one write', () => {
    const kills = [0, 400, 999, 1_000].map((atMs) => ({ atMs, pod: 7 }))
    expect(countDueWrites([...kills, { atMs: 0, pod: 8 }], workloadOf)).toBe(3)
  })
})

describe('planStages', () => {
  it('grows tenfold to the full size, in proportion', () => {
    const stages = planStages(FULL)
    expect(stages.map(({ nodes, pods, workloads }) => [nodes, pods, workloads])).toEqual([
      [10, 100, 4],
      [100, 1_000, 40],
      [1_000, 10_000, 400],
      [5_000, 50_000, 2_000],
    ])
  })
})
