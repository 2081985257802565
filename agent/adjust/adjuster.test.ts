import { beforeEach, describe, expect, it } from '@jest/globals'
import type { DesiredRule } from '#contract/desiredRule.ts'
import type { WriteOutcome } from '../adapters/containerProcesses.ts'
import { processOf, ruleOf } from '../testing/rules.ts'
import { Adjuster } from './adjuster.ts'
import type { Originals } from './originals.ts'
import type { Desired } from './target.ts'

const A = 'a'.repeat(64)
const CONTAINER = { podUid: 'pod-1', name: 'app', containerId: A, rules: [0] }
const NOTHING: Desired = { rules: [], containers: [] }
const wantBy = (changes: Partial<DesiredRule>): Desired => ({ rules: [ruleOf(changes)], containers: [CONTAINER] })
const want = wantBy({})

let name: string | undefined
let scores: Map<number, number>
let answer: WriteOutcome
let saved: Originals[]
let steps: string[]
let programs: Record<number, string>

const adjusterFrom = (originals: Originals): Adjuster =>
  new Adjuster(originals, {
    observe: ({ containerIds, podUids }) => {
      if (!(containerIds.has(A) || podUids.has('pod-1')) || scores.size === 0) return []
      const processes = [...scores].map(([pid, oomScoreAdj]) => processOf(pid, oomScoreAdj))
      return [{ containerId: A, podUid: 'pod-1', name, processes }]
    },
    readFacts: (pid, facts) => {
      steps.push(`read ${facts.join()} of ${pid}`)
      return { exe: programs[pid] }
    },
    write: (_id, { pid }, oomScoreAdj) => {
      steps.push(`write ${pid} ${oomScoreAdj}`)
      if (answer.kind === 'written') scores.set(pid, oomScoreAdj)
      return answer
    },
    saveOriginals: (originals) => {
      steps.push('save')
      saved.push(originals)
    },
  })

beforeEach(() => {
  name = undefined
  scores = new Map([[1, 0]])
  answer = { kind: 'written' }
  saved = []
  steps = []
  programs = {}
})

/** outcome:processes:reason of the one container */
function told(adjuster: Adjuster, desired: Desired): string[] {
  const { reasons, containers } = adjuster.sweep(desired).told
  return (containers[0]?.outcomes ?? []).map(({ outcome, processes, reason }) =>
    [outcome, processes, ...(reason === undefined ? [] : [reasons[reason]?.reason])].join(' '),
  )
}

describe('Adjuster', () => {
  it('has the originals on disk before the first write, and is quiet when nothing changes', () => {
    const adjuster = adjusterFrom({})
    expect(told(adjuster, want)).toEqual(['applied 1'])
    adjuster.sweep(want)
    expect(steps).toEqual(['save', 'write 1 500'])
  })

  it('gives back after a crash between the write and everything else', () => {
    adjusterFrom({}).sweep(want)
    adjusterFrom(saved.at(-1) ?? {}).sweep(NOTHING)
    expect(scores.get(1)).toBe(0)
    expect(saved.at(-1)).toEqual({})
  })

  it('says which capability is missing when the kernel refuses', () => {
    answer = { kind: 'refused' }
    expect(adjusterFrom({}).sweep(want).told).toMatchObject({
      reasons: [{ reason: 'KernelRefused', message: expect.stringContaining('CAP_SYS_RESOURCE') }],
      containers: [{ outcomes: [{ outcome: 'failed', processes: 1, reason: 0 }] }],
    })
  })

  it('keeps the originals of what could not be given back', () => {
    const adjuster = adjusterFrom({})
    adjuster.sweep(want)
    answer = { kind: 'failed', message: 'EIO' }
    expect(adjuster.sweep(NOTHING)).toMatchObject({ told: { containers: [] }, restoring: 1 })
    expect(Object.keys(saved.at(-1) ?? {})).toEqual([A])
    answer = { kind: 'written' }
    expect(adjuster.sweep(NOTHING).restoring).toBe(0)
    expect(scores.get(1)).toBe(0)
  })

  it('writes nothing when the originals cannot be saved', () => {
    const adjuster = new Adjuster(
      {},
      {
        observe: () => [{ containerId: A, podUid: 'pod-1', name, processes: [processOf(1, 0)] }],
        readFacts: () => ({}),
        write: () => {
          throw new Error('written without originals')
        },
        saveOriginals: () => {
          throw new Error('ENOSPC')
        },
      },
    )
    expect(() => adjuster.sweep(want)).toThrow('ENOSPC')
  })

  it('tells a container of a desired pod that nobody can name yet, and writes once it has a name', () => {
    const waiting = { ...want, containers: [{ podUid: 'pod-1', name: 'app', rules: [0] }] }
    const adjuster = adjusterFrom({})
    expect(adjuster.sweep(waiting)).toMatchObject({ told: { containers: [] }, restoring: 0, unnamed: [A] })
    expect(steps).toEqual([])
    name = 'app'
    expect(adjuster.sweep(waiting)).toMatchObject({ told: { containers: [{ containerId: A }] }, unnamed: [] })
    expect(scores.get(1)).toBe(500)
  })

  it('forgets a container that has ended', () => {
    const adjuster = adjusterFrom({})
    adjuster.sweep(want)
    scores = new Map()
    adjuster.sweep(NOTHING)
    expect(saved.at(-1)).toEqual({})
  })

  it('in Audit tells what it would do, and writes nothing', () => {
    expect(told(adjusterFrom({}), wantBy({ mode: 'Audit' }))).toEqual(['would 1'])
    expect(steps).toEqual([])
  })

  it('gives back when a rule goes to Audit, and remembers the container no more', () => {
    const adjuster = adjusterFrom({})
    adjuster.sweep(want)
    expect(told(adjuster, wantBy({ mode: 'Audit' }))).toEqual(['would 1'])
    expect(scores.get(1)).toBe(0)
    expect(saved.at(-1)).toEqual({})
  })

  it('adjusts the selected processes only, and gives back to those that inherit', () => {
    const adjuster = adjusterFrom({})
    const byFirst = wantBy({ processes: [{ init: true }] })
    scores.set(2, 0)
    expect(told(adjuster, byFirst)).toEqual(['applied 1'])
    expect([...scores.values()]).toEqual([500, 0])
    scores.set(3, 500)
    adjuster.sweep(byFirst)
    expect([...scores.values()]).toEqual([500, 0, 0])
  })

  it('counts a container where an inherited score could not be given back as one to restore', () => {
    const adjuster = adjusterFrom({})
    const byFirst = wantBy({ processes: [{ init: true }] })
    adjuster.sweep(byFirst)
    scores.set(2, 500)
    answer = { kind: 'refused' }
    expect(adjuster.sweep(byFirst).restoring).toBe(1)
  })

  it('reads what a rule selects by, and nothing of it for others', () => {
    programs = { 1: 'java' }
    const adjuster = adjusterFrom({})
    expect(told(adjuster, wantBy({ processes: [{ exe: 'java' }] }))).toEqual(['applied 1'])
    adjuster.sweep(want)
    expect(steps.filter((step) => step.startsWith('read'))).toEqual(['read exe of 1'])
  })

  it('gives back by a rule that is suspended, and says why', () => {
    const adjuster = adjusterFrom({})
    adjuster.sweep(want)
    const suspended = { ...ruleOf(), suspended: { reason: 'HoldExpired', message: 'm' } }
    expect(told(adjuster, { rules: [suspended], containers: [CONTAINER] })).toEqual(['skipped 0 HoldExpired'])
    expect(scores.get(1)).toBe(0)
    expect(saved.at(-1)).toEqual({})
  })

  it('says of a desired container that is not there that it is absent', () => {
    scores = new Map()
    expect(told(adjusterFrom({}), want)).toEqual(['failed 0 ContainerAbsent'])
  })
})
