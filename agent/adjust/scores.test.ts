import { beforeEach, describe, expect, it } from '@jest/globals'
import { TokenBucket } from '#program/tokenBucket.ts'
import { processOf, ruleOf } from '../testing/rules.ts'
import { judgeProcess } from './judge.ts'
import type { Originals } from './originals.ts'
import type { Rule } from './rule.ts'
import { Scores, type ScoresSwept } from './scores.ts'
import type { ObservedContainer } from './target.ts'
import type { WriteOutcome } from './writeOutcome.ts'

const A = 'a'.repeat(64)
const ENFORCED = ruleOf()

/** By pid, in the one container. */
let present: Map<number, number>
let answer: WriteOutcome
let saved: Originals[]
let nowMs: number
let writesPerSecond: number
let ofNode: Set<number>
let lostAtTicks: number | undefined
/** Why the disk takes nothing. */
let saveFailure: Error | undefined

beforeEach(() => {
  present = new Map([[1, 0]])
  answer = { kind: 'written' }
  saved = []
  nowMs = 0
  writesPerSecond = 1_000
  ofNode = new Set()
  lostAtTicks = undefined
  saveFailure = undefined
})

const scoresFrom = (originals: Originals = {}): Scores =>
  new Scores(originals, {
    write: (_id, { pid }, oomScoreAdj) => {
      if (answer.kind === 'written') present.set(pid, oomScoreAdj)
      return answer
    },
    isOfNode: (pid) => ofNode.has(pid),
    mayLower: true,
    ownPid: 99,
    budget: new TokenBucket(writesPerSecond, 1_000 / writesPerSecond, nowMs),
    saveOriginals: (originals) => {
      if (saveFailure !== undefined) throw saveFailure
      saved.push(originals)
    },
    originalsLostAtTicks: lostAtTicks,
  })

/** With a rule that enforces on all processes, or with none: then the container is not desired. */
function sweep(scores: Scores, rule?: Rule): ScoresSwept & { kinds: (string | undefined)[] } {
  const processes = [...present].map(([pid, oomScoreAdj]) => processOf(pid, oomScoreAdj))
  const container: ObservedContainer = { containerId: A, podUid: 'pod-1', name: 'app', cgroup: '/a', processes }
  const rules = rule === undefined ? [] : [rule]
  const judged = processes.map((process) => judgeProcess(rules, process, { command: 'app', isFirst: true }))
  const look = {
    containers: present.size === 0 ? [] : [container],
    judged: new Map(present.size === 0 ? [] : [[A, judged] as const]),
    desired: new Set(rule === undefined ? [] : [A]),
    nowMs,
  }
  const swept = scores.sweep(look, () => {})
  const kinds = processes.map((process) => {
    const became = swept.became(A, process)
    return became !== undefined && 'why' in became ? `${became.kind} ${became.why.reason}` : became?.kind
  })
  return { ...swept, kinds }
}

describe('Scores', () => {
  it('keeps the originals of what could not be given back', () => {
    const scores = scoresFrom()
    sweep(scores, ENFORCED)
    answer = { kind: 'failed', message: 'EIO' }
    expect([...sweep(scores).restoring]).toEqual([A])
    expect(Object.keys(saved.at(-1) ?? {})).toEqual([A])
    answer = { kind: 'written' }
    expect(sweep(scores).restoring.size).toBe(0)
    expect([present.get(1), saved.at(-1)]).toEqual([0, {}])
  })

  it('gives back while the disk is full, and forgets once that can be saved', () => {
    const scores = scoresFrom()
    sweep(scores, ENFORCED)
    saveFailure = new Error('ENOSPC')
    expect(sweep(scores).restoring.size).toBe(0)
    expect([scores.unsaved, present.get(1), Object.keys(saved.at(-1) ?? {})]).toEqual(['ENOSPC', 0, [A]])
    saveFailure = undefined
    expect(sweep(scores).writes).toBe(0)
    expect([scores.unsaved, saved.at(-1)]).toEqual([undefined, {}])
  })

  it('goes on with what is saved while the disk is full, and leaves a process that it could not remember', () => {
    const scores = scoresFrom()
    sweep(scores, ENFORCED)
    saveFailure = new Error('ENOSPC')
    present.set(1, 300)
    expect(sweep(scores, ENFORCED).kinds).toEqual(['written'])
    present.set(2, 100)
    expect(sweep(scores, ENFORCED).kinds).toEqual([undefined, 'withheld OriginalsUnsaved'])
    expect([...present]).toEqual([
      [1, 500],
      [2, 100],
    ])
  })

  it('leaves a container as it is that was there when the originals were lost', () => {
    lostAtTicks = 10
    const scores = scoresFrom()
    present.set(2, 0)
    expect(sweep(scores, ENFORCED).kinds).toEqual(['withheld OriginalsLost', 'withheld OriginalsLost'])
    expect([...present.values()]).toEqual([0, 0])
    present = new Map([[2, 0]])
    expect(sweep(scores, ENFORCED).kinds).toEqual(['written'])
  })

  it('forgets a container that has ended, and keeps one that is desired and not seen', () => {
    const scores = scoresFrom()
    sweep(scores, ENFORCED)
    present = new Map()
    sweep(scores, ENFORCED)
    expect(scores.containerIds).toEqual([A])
    sweep(scores)
    expect(saved.at(-1)).toEqual({})
  })

  it('forgets nothing by a look at some containers alone', () => {
    const scores = scoresFrom()
    sweep(scores, ENFORCED)
    scores.sweep({ containers: [], judged: new Map(), desired: undefined, nowMs }, () => {})
    expect(scores.isRemembered(A)).toBe(true)
  })

  it('spreads what it gives back, too, and remembers it until then', () => {
    writesPerSecond = 1
    const scores = scoresFrom()
    sweep(scores, ENFORCED)
    const waiting = sweep(scores)
    expect([waiting.kinds, waiting.hasWaiting, waiting.restoring.size]).toEqual([['waits'], true, 1])
    nowMs = 1_000
    expect(sweep(scores).restoring.size).toBe(0)
    expect([present.get(1), saved.at(-1)]).toEqual([0, {}])
  })

  it('leaves a container to another program for ten minutes, and then tries again', () => {
    const scores = scoresFrom()
    sweep(scores, ENFORCED)
    const kinds = [10_000, 10_000, 10_000, 590_000, 10_000].map((ms) => {
      present.set(1, 33)
      nowMs += ms
      const { kinds: some, touched } = sweep(scores, ENFORCED)
      return [...some, touched.size]
    })
    expect(kinds).toEqual([
      ['written', 1],
      ['written', 1],
      ['leftAlone', 1],
      ['leftAlone', 1],
      ['written', 1],
    ])
  })

  it('gives back what a check refuses now', () => {
    present = new Map([[1, -600]])
    const scores = scoresFrom()
    sweep(scores, ruleOf({ score: { value: -700 } }))
    expect(sweep(scores, ruleOf({ score: { value: -500 } })).kinds).toEqual(['refusedByCheck LessProtection'])
    expect([present.get(1), saved.at(-1)]).toEqual([-600, {}])
  })

  it('leaves alone a process of the node that is in the container, and its own container', () => {
    present.set(2, 0)
    ofNode = new Set([2])
    expect(sweep(scoresFrom(), ENFORCED).kinds).toEqual(['written', 'refusedByCheck NodeProcess'])
    present = new Map([
      [1, 0],
      [99, 0],
    ])
    expect(sweep(scoresFrom(), ENFORCED).kinds).toEqual(['refusedByCheck OwnContainer', 'refusedByCheck OwnContainer'])
  })
})
