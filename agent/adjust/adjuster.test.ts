import { beforeEach, describe, expect, it } from '@jest/globals'
import type { DesiredRule } from '#contract/desiredRule.ts'
import { TokenBucket } from '#program/tokenBucket.ts'
import type { WriteOutcome } from './writeOutcome.ts'
import { noKillScopes, processOf, ruleOf } from '../testing/rules.ts'
import { Adjuster, type WriteNote } from './adjuster.ts'
import type { Originals } from './originals.ts'
import type { Desired, ObservedContainer } from './target.ts'

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
let nowMs: number
let noted: string[]
let writesPerSecond: number
let mayLower: boolean
/** Why the disk takes nothing. */
let saveFailure: Error | undefined

const calm = () => ({
  killScopes: noKillScopes(),
  originalsLostAtTicks: undefined,
  noteWrite: ({ container, desiredRevision, ...note }: WriteNote) => {
    const rule = note.rule?.policy ?? 'none'
    if (note.file === 'oom_score_adj')
      noted.push(`${note.process.oomScoreAdj} to ${note.to} by ${rule} of ${container.name} at ${desiredRevision}`)
  },
  isOfNode: () => false,
  mayLower,
  ownPid: 99,
  budget: new TokenBucket(writesPerSecond, 1_000 / writesPerSecond, nowMs),
  monotonicMs: () => nowMs,
})

const adjusterFrom = (originals: Originals): Adjuster =>
  new Adjuster(originals, {
    ...calm(),
    observe: ({ containerIds, podUids }, extent) => {
      if (extent !== 'all') steps.push(`look at ${extent.size} that have begun`)
      if (!(containerIds.has(A) || podUids.has('pod-1')) || scores.size === 0) return []
      const processes = [...scores].map(([pid, oomScoreAdj]) => processOf(pid, oomScoreAdj))
      return [{ containerId: A, podUid: 'pod-1', name, cgroup: '/a', processes }]
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
      if (saveFailure !== undefined) throw saveFailure
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
  nowMs = 0
  noted = []
  writesPerSecond = 1_000
  mayLower = true
  saveFailure = undefined
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

  it('that only raises leaves a lower score unwritten, says so, and gives back what it raised', () => {
    mayLower = false
    const adjuster = adjusterFrom({})
    expect(told(adjuster, wantBy({ score: { value: -1 } }))).toEqual(['skipped 1 RaisesOnly'])
    expect(told(adjuster, wantBy({ score: { delta: 300 } }))).toEqual(['applied 1'])
    adjuster.sweep(NOTHING)
    expect(steps.filter((step) => step.startsWith('write'))).toEqual(['write 1 300', 'write 1 0'])
  })

  it('writes nothing when the originals cannot be saved, says so, and writes once they can', () => {
    const adjuster = adjusterFrom({})
    saveFailure = new Error('ENOSPC: no space left on device')
    expect(told(adjuster, want)).toEqual(['failed 1 OriginalsUnsaved'])
    expect(adjuster.sweep(want).unsaved).toBe('ENOSPC: no space left on device')
    expect(steps).toEqual([])
    saveFailure = undefined
    expect(told(adjuster, want)).toEqual(['applied 1'])
    expect(adjuster.sweep(want).unsaved).toBeUndefined()
    expect(steps).toEqual(['save', 'write 1 500'])
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

  it('writes to a container that is new, remembers it beside the others, and leaves what is told to the next sweep', () => {
    const other = 'b'.repeat(64)
    const kept = { original: 3, applied: [500], processes: { '7/70': 3 } }
    const waiting = {
      ...want,
      containers: [
        { podUid: 'pod-1', name: 'app', rules: [0] },
        { podUid: 'pod-2', name: 'app', containerId: other, rules: [0] },
      ],
    }
    const adjuster = adjusterFrom({ [other]: kept })
    adjuster.sweep(waiting)
    expect(adjuster.sweepNew(waiting, new Set())).toEqual({ unnamed: [A], writes: 0 })
    name = 'app'
    expect(adjuster.sweepNew(waiting, new Set([A]))).toEqual({ unnamed: [], writes: 1 })
    expect(steps).toEqual(['look at 0 that have begun', 'look at 1 that have begun', 'save', 'write 1 500'])
    expect(saved.at(-1)).toMatchObject({ [other]: kept, [A]: { original: 0 } })
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

  it('tells of each write that was done, what it was before, and whose it is', () => {
    name = 'app'
    const adjuster = adjusterFrom({})
    adjuster.sweep({ ...want, revision: 7 })
    answer = { kind: 'refused' }
    adjuster.sweep({ ...NOTHING, revision: 8 })
    answer = { kind: 'written' }
    adjuster.sweep({ ...NOTHING, revision: 9 })
    expect(noted).toEqual(['0 to 500 by p of app at 7', '500 to 0 by none of app at 9'])
  })

  it('spreads writes over time, and says of the rest that it follows', () => {
    writesPerSecond = 2
    for (const pid of [2, 3]) scores.set(pid, 0)
    const adjuster = adjusterFrom({})
    const { told: first, waitMs } = adjuster.sweep(want)
    expect(first.containers[0]?.outcomes.map(({ outcome, processes }) => `${outcome} ${processes}`)).toEqual([
      'applied 2',
      'failed 1',
    ])
    expect([first.reasons[0]?.reason, waitMs]).toEqual(['Reconciling', 500])
    nowMs = 500
    expect(told(adjuster, want)).toEqual(['applied 3'])
  })

  it('leaves a container to another program that writes it again and again, says so, and still gives back', () => {
    const adjuster = adjusterFrom({})
    const by = wantBy({})
    const fight = (): string[] => {
      scores.set(1, 33)
      nowMs += 10_000
      return told(adjuster, by)
    }
    expect(told(adjuster, by)).toEqual(['applied 1'])
    expect([fight(), fight(), fight()]).toEqual([['applied 1'], ['applied 1'], ['conflict 1 Conflict']])
    expect(scores.get(1)).toBe(33)
    expect(saved.at(-1)).toMatchObject({ [A]: { processes: { '1/10': 0 } } })
    scores.set(1, 500)
    adjuster.sweep(NOTHING)
    expect(scores.get(1)).toBe(0)
  })

  it('writes nothing that a check refuses, remembers nothing for it, and says why', () => {
    scores = new Map([[1, -600]])
    expect(told(adjusterFrom({}), wantBy({ score: { value: -500 } }))).toEqual(['skipped 1 LessProtection'])
    expect([steps, saved]).toEqual([[], []])
  })

  it('in Audit says what a check would refuse, too', () => {
    scores = new Map([[1, -600]])
    const audit = wantBy({ mode: 'Audit', score: { value: -500 } })
    expect(told(adjusterFrom({}), audit)).toEqual(['skipped 1 LessProtection'])
  })

  describe('that is shown the same objects', () => {
    const observed = (containerId: string, score: number): ObservedContainer => ({
      containerId,
      podUid: 'pod-1',
      name: 'app',
      cgroup: '/a',
      processes: [processOf(1, score)],
    })
    let shown: ObservedContainer[]
    let looks: number
    let quiet: Adjuster

    beforeEach(() => {
      shown = [observed(A, 500)]
      looks = 0
      quiet = new Adjuster(
        {},
        {
          ...calm(),
          observe: ({ chosenPodUids }) => {
            looks++
            steps.push(...[...chosenPodUids].map((uid) => `look closely at ${uid}`))
            return shown
          },
          readFacts: (pid, facts) => {
            steps.push(`read ${facts.join()} of ${pid}`)
            return { exe: programs[pid] }
          },
          write: (containerId, process, to) => {
            steps.push(`write ${containerId[0]} ${process.oomScoreAdj} ${to}`)
            return { kind: 'written' }
          },
          saveOriginals: () => undefined,
        },
      )
    })

    it('tells the same again, and takes nothing for settled after a minute', () => {
      const first = quiet.sweep(want)
      expect(quiet.sweep(want)).toBe(first)
      nowMs = 60_000
      expect(quiet.sweep(want)).not.toBe(first)
      expect(looks).toBe(3)
    })

    it('takes up another desired state at once', () => {
      quiet.sweep(want)
      expect(quiet.sweep(NOTHING).told.containers).toEqual([])
    })

    it('writes to the one that has changed, and tells of all', () => {
      const B = 'b'.repeat(64)
      const both = { ...want, containers: [CONTAINER, { ...CONTAINER, name: 'side', containerId: B }] }
      shown = [observed(A, 500), observed(B, 500)]
      quiet.sweep(both)
      shown = [shown[0], observed(B, 0)].flatMap((one) => one ?? [])
      const { containers } = quiet.sweep(both).told
      expect(steps).toEqual(['write b 0 500'])
      expect(containers.map(({ outcomes }) => outcomes[0]?.outcome)).toEqual(['applied', 'applied'])
    })

    it('tries again what could not be done, though nothing has changed', () => {
      shown = [observed(A, 0)]
      quiet.sweep(want)
      quiet.sweep(want)
      expect(steps).toEqual(['write a 0 500', 'write a 0 500'])
    })

    it('judges anew each time where a rule chooses by what may change unseen', () => {
      const byProgram = wantBy({ processes: [{ exe: 'app' }] })
      programs[1] = 'sh'
      expect(told(quiet, byProgram)).toEqual(['skipped 0 NoProcess'])
      programs[1] = 'app'
      expect(told(quiet, byProgram)).toEqual(['applied 1'])
      expect(steps).toEqual(Array.from({ length: 2 }, () => ['look closely at pod-1', 'read exe of 1']).flat())
    })
  })

  it('says of a desired container that is not there that it is absent', () => {
    scores = new Map()
    expect(told(adjusterFrom({}), want)).toEqual(['failed 0 ContainerAbsent'])
  })
})
