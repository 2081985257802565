import { describe, expect, it } from '@jest/globals'
import { MAX_DESIRED_CONTAINERS, MAX_DESIRED_RULES } from '#contract/desiredState.ts'
import { encodeNodeStatus, MAX_ALL_OUTCOMES, MAX_OUTCOMES, MAX_REASONS } from '#contract/nodeStatus.ts'
import type { WriteOutcome } from './writeOutcome.ts'
import { processOf, ruleOf } from '../testing/rules.ts'
import { judgeProcess } from './judge.ts'
import { outcomesOf, tellOutcomes, withoutCounts, type Outcome } from './outcomes.ts'
import type { ObservedProcess } from './plan.ts'
import type { Rule } from './rule.ts'

const NATS_MAX_PAYLOAD = 1024 * 1024
const PROCESSES = [processOf(1, 0), processOf(2, 0), processOf(3, 0, { command: 'worker' })]

/** policy:outcome:processes:reason */
function outcomes(rules: Rule[], written: (process: ObservedProcess) => WriteOutcome | undefined = () => undefined) {
  const judged = PROCESSES.map((process) => judgeProcess(rules, process, { command: process.command, isFirst: false }))
  return outcomesOf({ containerId: 'c', rules }, judged, written).map(shown)
}
const shown = ({ rule, outcome, processes, why }: Outcome) =>
  [rule.policy, outcome, processes, ...(why === undefined ? [] : [why.reason])].join(' ')

describe('outcomesOf', () => {
  it('counts the processes of each rule', () => {
    const workers = ruleOf({ policy: 'workers', processes: [{ command: 'worker' }] })
    const audit = ruleOf({ policy: 'audit', mode: 'Audit' })
    expect(outcomes([workers, audit, ruleOf()])).toEqual([
      'workers applied 1',
      'audit skipped 1 Overridden',
      'audit would 2',
      'p applied 2',
      'p skipped 1 Overridden',
    ])
  })

  it('tells failures by their reasons, and passes over what has ended meanwhile', () => {
    const written = ({ pid }: ObservedProcess): WriteOutcome =>
      pid === 1 ? { kind: 'refused' } : pid === 2 ? { kind: 'failed', message: 'EIO' } : { kind: 'gone' }
    expect(outcomes([ruleOf()], written)).toEqual(['p failed 1 KernelRefused', 'p failed 1 WriteFailed'])
  })

  it('says where no process fits and what cannot be applied, and nothing of a kill scope', () => {
    const nobody = ruleOf({ policy: 'nobody', processes: [{ command: 'none' }] })
    const broken = ruleOf({ policy: 'broken', processes: [{ cmdline: '(' }] })
    const scope = ruleOf({ policy: 'scope', score: undefined, killScope: 'Container' })
    expect(outcomes([nobody, broken, scope])).toEqual(['nobody skipped 0 NoProcess', 'broken failed 0 PatternRefused'])
  })

  it('says of a container that is not on the node so for each rule', () => {
    const rules = [ruleOf({ policy: 'a' }), ruleOf({ policy: 'b', mode: 'Audit' })]
    expect(outcomesOf({ containerId: 'c', rules }, undefined, () => undefined).map(shown)).toEqual([
      'a failed 0 ContainerAbsent',
      'b failed 0 ContainerAbsent',
    ])
  })

  it('is the same whatever the order of the processes', () => {
    const rules = [ruleOf({ policy: 'workers', processes: [{ command: 'worker' }] }), ruleOf()]
    const judge = (process: ObservedProcess) =>
      judgeProcess(rules, process, { command: process.command, isFirst: false })
    const of = (processes: ObservedProcess[]) =>
      outcomesOf({ containerId: 'c', rules }, processes.map(judge), () => undefined)
    expect(of(PROCESSES)).toEqual(of(PROCESSES.toReversed()))
  })
})

describe('tellOutcomes', () => {
  const failure = (rule: Rule, message: string): Outcome => ({
    rule,
    outcome: 'failed',
    processes: 1,
    why: { reason: 'WriteFailed', message },
  })
  const idOf = (index: number) => String(index).padStart(64, '0')

  it('says each reason once, however many containers have it', () => {
    const rule = ruleOf()
    const told = tellOutcomes(
      [rule],
      [0, 1, 2].map((index) => ({ containerId: idOf(index), outcomes: [failure(rule, 'EIO')] })),
    )
    expect(told.reasons).toEqual([{ reason: 'WriteFailed', message: 'EIO' }])
    expect(told.containers[2]).toEqual({
      containerId: idOf(2),
      outcomes: [{ rule: 0, outcome: 'failed', processes: 1, reason: 0 }],
    })
    expect(told.rules).toEqual([{ policy: 'p', uid: rule.uid, generation: 1 }])
  })

  it('fits into one message of NATS where everything fails at the most containers, each for a reason of its own', () => {
    const rules = Array.from({ length: MAX_DESIRED_RULES }, (_, index) =>
      ruleOf({ policy: `${index}`.padEnd(253, 'p'), generation: 1_000_000 }),
    )
    const containers = Array.from({ length: MAX_DESIRED_CONTAINERS }, (_, index) => ({
      containerId: idOf(index),
      outcomes: Array.from({ length: 6 }, (_unused, place) => ({
        ...failure(rules[place + 94] ?? ruleOf(), `${index} ${place}`.padEnd(300, '"')),
        processes: 1_000_000,
      })),
    }))
    const told = tellOutcomes(rules, containers)
    expect(told.untold).toBeUndefined()
    expect(told.containers.flatMap((one) => one.outcomes)).toHaveLength(MAX_ALL_OUTCOMES)
    expect(told.reasons).toHaveLength(MAX_REASONS)
    const whole = { version: 2, node: 'n'.repeat(253), reportedAt: '2026-03-01T10:00:00.000Z', ...told } as const
    expect(Buffer.byteLength(encodeNodeStatus(whole))).toBeLessThan(NATS_MAX_PAYLOAD)
  })

  it('counts the containers for which there is no room', () => {
    const rules = Array.from({ length: 16 }, (_, index) => ruleOf({ policy: `p${index}` }))
    const some = rules.flatMap((rule) => ['a', 'b', 'c'].map((message) => failure(rule, message)))
    const containers = Array.from({ length: 400 }, (_, index) => ({ containerId: idOf(index), outcomes: some }))
    const told = tellOutcomes(rules, containers)
    expect(told.containers).toHaveLength(MAX_ALL_OUTCOMES / MAX_OUTCOMES)
    expect(told.untold).toBe(400 - MAX_ALL_OUTCOMES / MAX_OUTCOMES)
  })
})

describe('withoutCounts', () => {
  const told = (processes: number) => ({
    containers: [{ containerId: 'c', outcomes: [{ rule: 0, outcome: 'applied' as const, processes }] }],
  })

  it('makes equal what differs only in how many processes there are, but for none', () => {
    expect(withoutCounts(told(2))).toEqual(withoutCounts(told(9)))
    expect(withoutCounts(told(0))).not.toEqual(withoutCounts(told(1)))
  })
})
