import { describe, expect, it } from '@jest/globals'
import type { DesiredScore } from '#contract/desiredRule.ts'
import { processOf } from '../testing/rules.ts'
import type { Originals } from './originals.ts'
import { planAdjustments, type Judged, type ObservedProcess } from './plan.ts'

const A = 'a'.repeat(64)
const B = 'b'.repeat(64)

/** Container A with these processes, all of which are to have one score, or their own. */
const all = (score: DesiredScore | undefined, ...processes: ObservedProcess[]): Judged =>
  new Map([[A, processes.map((process) => ({ process, score }))]])
/** Container A whose first process is to have a score, and the others their own. */
const first = (score: DesiredScore, ...processes: ObservedProcess[]): Judged =>
  new Map([[A, processes.map((process, index) => ({ process, score: index === 0 ? score : undefined }))]])
const to = (value: number): DesiredScore => ({ value })

/** pid → score. */
const scores = ({ writes }: ReturnType<typeof planAdjustments>) =>
  writes.map((write) => [write.process.pid, write.oomScoreAdj])

describe('planAdjustments', () => {
  it('writes every process that is to have a score, and keeps what each had', () => {
    const plan = planAdjustments(all(to(500), processOf(1, 0), processOf(2, 10)), {})
    expect(scores(plan)).toEqual([
      [1, 500],
      [2, 500],
    ])
    expect(plan.originals).toEqual({ [A]: { original: 0, applied: [500], processes: { '1/10': 0, '2/20': 10 } } })
  })

  it('writes nothing that is so already, and remembers nothing of a container that nobody adjusts', () => {
    const judged: Judged = new Map([
      [A, [{ process: processOf(1, 500), score: to(500) }]],
      [B, [{ process: processOf(2, 0), score: undefined }]],
    ])
    const plan = planAdjustments(judged, {})
    expect(plan.writes).toEqual([])
    expect(Object.keys(plan.originals)).toEqual([A])
    expect(plan.releasing).toEqual([])
  })

  it('gives back what each process had, and to an inheritor what its container had', () => {
    const { originals } = planAdjustments(all(to(500), processOf(1, 0), processOf(2, 10)), {})
    const plan = planAdjustments(all(undefined, processOf(1, 500), processOf(2, 500), processOf(3, 500)), originals)
    expect(scores(plan)).toEqual([
      [1, 0],
      [2, 10],
      [3, 0],
    ])
    expect(plan.writes.every(({ givesBack }) => givesBack)).toBe(true)
    expect(plan.releasing).toEqual([A])
  })

  it('does not take an inherited score for an original when the value changes', () => {
    const before = planAdjustments(all(to(500), processOf(1, 0)), {})
    const second = planAdjustments(all(to(300), processOf(1, 500), processOf(2, 500)), before.originals)
    // A crash after the originals were saved and before the writes: planned again from the same sight.
    const third = planAdjustments(all(to(300), processOf(1, 500), processOf(2, 500)), second.originals)
    expect(scores(third)).toEqual([
      [1, 300],
      [2, 300],
    ])
    expect(scores(planAdjustments(all(undefined, processOf(1, 300), processOf(2, 300)), third.originals))).toEqual([
      [1, 0],
      [2, 0],
    ])
  })

  it('leaves a score alone that somebody else wrote since', () => {
    const { originals } = planAdjustments(all(to(500), processOf(1, 0)), {})
    expect(planAdjustments(all(undefined, processOf(1, 77)), originals).writes).toEqual([])
  })

  it('does not give a later process of the same pid what an earlier one had', () => {
    const { originals } = planAdjustments(all(to(500), processOf(1, 0), processOf(2, 10)), {})
    const later = processOf(2, 500, { startTicks: 99 })
    expect(scores(planAdjustments(all(undefined, processOf(1, 500), later), originals))).toEqual([
      [1, 0],
      [2, 0],
    ])
  })

  it('keeps what it knows of a container that is not there just now', () => {
    const { originals } = planAdjustments(all(to(500), processOf(1, 0)), {})
    expect(planAdjustments(new Map(), originals)).toMatchObject({ originals, writes: [], releasing: [] })
  })
})

describe('a delta', () => {
  const delta = (by: number): DesiredScore => ({ delta: by })

  it('keeps the differences between processes, sweep after sweep', () => {
    const plan = planAdjustments(all(delta(100), processOf(1, 0), processOf(2, 300)), {})
    expect(scores(plan)).toEqual([
      [1, 100],
      [2, 400],
    ])
    expect(planAdjustments(all(delta(100), processOf(1, 100), processOf(2, 400)), plan.originals).writes).toEqual([])
  })

  it('is not added twice to a process that inherited it', () => {
    const { originals } = planAdjustments(all(delta(100), processOf(1, 0)), {})
    expect(planAdjustments(all(delta(100), processOf(1, 100), processOf(2, 100)), originals).writes).toEqual([])
  })

  it('gives to a child what its parent has, where that is not what the first process has', () => {
    const { originals } = planAdjustments(all(delta(100), processOf(1, 0), processOf(2, 300)), {})
    const forked = [processOf(1, 100), processOf(2, 400), processOf(3, 400)]
    const plan = planAdjustments(all(delta(100), ...forked), originals)
    expect(plan.writes).toEqual([])
    // Also when the parent has ended.
    const orphaned = [processOf(1, 100), processOf(3, 400)]
    expect(planAdjustments(all(delta(100), ...orphaned), plan.originals).writes).toEqual([])
    expect(scores(planAdjustments(all(undefined, ...orphaned), plan.originals))).toEqual([
      [1, 0],
      [3, 300],
    ])
  })

  it('starts from what each process had of its own when it changes', () => {
    const { originals } = planAdjustments(all(delta(100), processOf(1, 0), processOf(2, 300)), {})
    expect(scores(planAdjustments(all(delta(-50), processOf(1, 100), processOf(2, 400)), originals))).toEqual([
      [1, -50],
      [2, 250],
    ])
  })

  it.each([
    [-900, -300, -990],
    [900, 300, 1000],
    [0, -1990, -990],
    // What the kubelet gives to Guaranteed pods is below what a policy may set: it is not raised by lowering.
    [-997, -10, -997],
    [-997, 10, -987],
  ])('ends with what a policy may set: %i and %i make %i', (base, by, wanted) => {
    const { writes } = planAdjustments(all(delta(by), processOf(1, base)), {})
    expect(writes.map(({ oomScoreAdj }) => oomScoreAdj)).toEqual(wanted === base ? [] : [wanted])
  })
})

describe('some of a container’s processes', () => {
  it('leaves the others alone, and remembers nothing of them', () => {
    const plan = planAdjustments(first(to(-500), processOf(1, 0), processOf(2, 0)), {})
    expect(scores(plan)).toEqual([[1, -500]])
    expect(plan.originals[A]?.processes).toEqual({ '1/10': 0 })
  })

  it('gives its own back to a child that inherited the score', () => {
    const { originals } = planAdjustments(first(to(-500), processOf(1, 0)), {})
    const plan = planAdjustments(first(to(-500), processOf(1, -500), processOf(2, -500)), originals)
    expect(plan.writes).toMatchObject([{ process: { pid: 2 }, oomScoreAdj: 0, givesBack: true }])
    expect(plan.releasing).toEqual([])
  })

  it('gives a process its own back when it is selected no more, and forgets it once that is done', () => {
    const { originals } = planAdjustments(all(to(500), processOf(1, 0), processOf(2, 10)), {})
    const second = planAdjustments(first(to(500), processOf(1, 500), processOf(2, 500)), originals)
    expect(scores(second)).toEqual([[2, 10]])
    expect(second.originals[A]?.processes).toEqual({ '1/10': 0, '2/20': 10 })
    const third = planAdjustments(first(to(500), processOf(1, 500), processOf(2, 10)), second.originals)
    expect(third.writes).toEqual([])
    expect(third.originals[A]?.processes).toEqual({ '1/10': 0 })
  })

  it('lets two rules have a process each', () => {
    const judged: Judged = new Map([
      [
        A,
        [
          { process: processOf(1, 0), score: to(-500) },
          { process: processOf(2, 0), score: { delta: 300 } },
        ],
      ],
    ])
    const plan = planAdjustments(judged, {})
    expect(scores(plan)).toEqual([
      [1, -500],
      [2, 300],
    ])
    const after: Originals = plan.originals
    expect(scores(planAdjustments(all(undefined, processOf(1, -500), processOf(2, 300)), after))).toEqual([
      [1, 0],
      [2, 0],
    ])
  })
})
