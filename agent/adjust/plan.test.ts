import { describe, expect, it } from '@jest/globals'
import { planAdjustments, type Observed, type ObservedProcess } from './plan.ts'

const A = 'a'.repeat(64)
const B = 'b'.repeat(64)
const process = (pid: number, oomScoreAdj: number): ObservedProcess => ({ pid, startTicks: pid * 10, oomScoreAdj })
const want = (containerId: string, oomScoreAdj: number) => ({ containerId, oomScoreAdj, policy: 'p' })
const see = (...processes: ObservedProcess[]): Observed => new Map([[A, processes]])

/** pid → score. */
const scores = ({ writes }: ReturnType<typeof planAdjustments>) =>
  writes.map((write) => [write.process.pid, write.oomScoreAdj])

describe('planAdjustments', () => {
  it('writes every process of a desired container, and keeps what each had', () => {
    const plan = planAdjustments([want(A, 500)], see(process(1, 0), process(2, 10)), {})
    expect(scores(plan)).toEqual([
      [1, 500],
      [2, 500],
    ])
    expect(plan.originals).toEqual({ [A]: { original: 0, applied: [500], processes: { '1/10': 0, '2/20': 10 } } })
  })

  it('writes nothing that is so already, and touches no container that is not named', () => {
    const observed: Observed = new Map([
      [A, [process(1, 500)]],
      [B, [process(2, 0)]],
    ])
    const plan = planAdjustments([want(A, 500)], observed, {})
    expect(plan.writes).toEqual([])
    expect(Object.keys(plan.originals)).toEqual([A])
  })

  it('gives back what each process had, and to an inheritor what its container had', () => {
    const { originals } = planAdjustments([want(A, 500)], see(process(1, 0), process(2, 10)), {})
    const plan = planAdjustments([], see(process(1, 500), process(2, 500), process(3, 500)), originals)
    expect(scores(plan)).toEqual([
      [1, 0],
      [2, 10],
      [3, 0],
    ])
    expect(plan.releasing).toEqual([A])
  })

  it('does not take an inherited score for an original when the value changes', () => {
    const first = planAdjustments([want(A, 500)], see(process(1, 0)), {})
    const second = planAdjustments([want(A, 300)], see(process(1, 500), process(2, 500)), first.originals)
    // A crash after the originals were saved and before the writes: planned again from the same sight.
    const third = planAdjustments([want(A, 300)], see(process(1, 500), process(2, 500)), second.originals)
    expect(scores(third)).toEqual([
      [1, 300],
      [2, 300],
    ])
    expect(scores(planAdjustments([], see(process(1, 300), process(2, 300)), third.originals))).toEqual([
      [1, 0],
      [2, 0],
    ])
  })

  it('leaves a score alone that somebody else wrote since', () => {
    const { originals } = planAdjustments([want(A, 500)], see(process(1, 0)), {})
    expect(planAdjustments([], see(process(1, 77)), originals).writes).toEqual([])
  })

  it('does not give a later process of the same pid what an earlier one had', () => {
    const { originals } = planAdjustments([want(A, 500)], see(process(1, 0), process(2, 10)), {})
    const later = { pid: 2, startTicks: 99, oomScoreAdj: 500 }
    expect(scores(planAdjustments([], see(process(1, 500), later), originals))).toEqual([
      [1, 0],
      [2, 0],
    ])
  })
})
