import { describe, expect, it } from '@jest/globals'
import type { ContainerOutcome, NodeStatus } from '#contract/nodeStatus.ts'
import { POLICY_UID, policyOf } from '../testing/policies.ts'
import { policyStatus, type SaidOfContainer } from './policyStatus.ts'

const policy = policyOf('p', {}, { generation: 3 })
const match = { pods: 1, containers: 2, told: ['c1', 'c2'], refused: [] }
const NOW = new Date('2026-03-01T10:00:00.000Z')
const OWN = { policy: 'p', uid: POLICY_UID, generation: 3 }
const RULES = [OWN, { ...OWN, generation: 2 }, { ...OWN, policy: 'q' }, { ...OWN, uid: 'another' }]
const REASONS: NodeStatus['reasons'] = [
  { reason: 'KernelRefused', message: 'no right' },
  { reason: 'Outranked', message: 'policy q decides' },
]
const word = { rules: RULES, reasons: REASONS, containers: [] }

/** Of containers c1, c2 … */
const said = (...all: Partial<ContainerOutcome>[][]): ReadonlyMap<string, SaidOfContainer> =>
  new Map(
    all.map((some, index) => {
      const containerId = `c${index + 1}`
      const outcomes = some.map((one) => ({ rule: 0, outcome: 'applied' as const, processes: 1, ...one }))
      return [containerId, { word, container: { containerId, outcomes } }]
    }),
  )
const judge = (words: ReadonlyMap<string, SaidOfContainer>) => policyStatus(policy, match, words, undefined, NOW)

const failed = { outcome: 'failed', reason: 0 } as const
const skipped = { outcome: 'skipped', reason: 1, processes: 4 } as const

describe('policyStatus', () => {
  it('is ready once every container has the score', () => {
    const status = judge(said([{ processes: 3 }], [{}]))
    expect(status).toMatchObject({
      observedGeneration: 3,
      applied: 2,
      failed: 0,
      matched: { processes: 4 },
    })
    expect(status).not.toHaveProperty('reasons')
    expect(status.conditions).toMatchObject([
      { type: 'Ready', status: 'True', reason: 'Applied', observedGeneration: 3 },
    ])
  })

  it.each([
    ['as it was before it was changed', 1],
    ['of another name', 2],
    ['of the same name that was made anew', 3],
    ['that nobody knows', 9],
  ])('counts nothing that a node said of a policy %s', (_which, rule) => {
    const status = judge(said([{ rule }], [{}]))
    expect(status).toMatchObject({ applied: 1, failed: 0, conditions: [{ status: 'False', reason: 'Applying' }] })
  })

  it('gathers the same failure of several containers', () => {
    expect(judge(said([failed], [{}, failed]))).toMatchObject({
      applied: 0,
      failed: 2,
      reasons: [{ outcome: 'Failed', reason: 'KernelRefused', message: 'no right', containers: 2 }],
      conditions: [{ status: 'False', reason: 'KernelRefused', message: 'no right' }],
    })
  })

  it('is ready where another policy decides, and says so', () => {
    expect(judge(said([skipped], [{}, skipped]))).toMatchObject({
      applied: 1,
      skipped: 1,
      reasons: [{ outcome: 'Skipped', reason: 'Outranked', message: 'policy q decides', containers: 2 }],
      conditions: [{ status: 'True', reason: 'Applied', message: '1 containers have the score' }],
    })
  })

  it('counts what the nodes were not told', () => {
    const refused = [{ reason: 'TooManyPolicies', message: 'too many', containers: 1, isGuarded: false }]
    const status = policyStatus(policy, { ...match, told: ['c1'], refused }, said([{}]), undefined, NOW)
    expect(status).toMatchObject({
      applied: 1,
      failed: 1,
      reasons: [{ outcome: 'Failed', reason: 'TooManyPolicies', containers: 1 }],
      conditions: [{ status: 'False', reason: 'TooManyPolicies', message: 'too many' }],
    })
  })

  it('in Audit says where it would decide', () => {
    const audit = policyOf('p', { mode: 'Audit' }, { generation: 3 })
    expect(policyStatus(audit, match, said([{ outcome: 'would' }], [skipped]), undefined, NOW)).toMatchObject({
      would: 1,
      skipped: 1,
      applied: 0,
      conditions: [{ status: 'True', reason: 'Audit', message: expect.stringContaining('at 1 of them it would') }],
    })
  })

  it('keeps the time of the last transition while Ready stays', () => {
    const before = judge(said([{}], [{}]))
    const later = policyStatus(policy, match, said([{}], [{}]), before, new Date('2026-03-02T10:00:00.000Z'))
    expect(later).toEqual(before)
  })
})
