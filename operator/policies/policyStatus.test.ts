import { describe, expect, it } from '@jest/globals'
import type { ContainerOutcome, NodeStatus } from '#contract/nodeStatus.ts'
import { POLICY_UID, policyOf } from '../testing/policies.ts'
import { tallyOutcomes, type SaidOfContainer } from './outcomeTally.ts'
import type { PolicyMatch } from './policyMatch.ts'
import { policyStatus, withProcessesOf, type KnownOfPolicy } from './policyStatus.ts'

const policy = policyOf('p', {}, { generation: 3 })
const match: PolicyMatch = {
  pods: 1,
  containers: 2,
  parts: new Map(),
  told: ['c1', 'c2'],
  nodes: new Set(['node-a']),
  protectingOn: new Set(),
  refused: [],
  places: new Map(),
  refusals: new Map(),
}
const NOW = new Date('2026-03-01T10:00:00.000Z')
const OWN = { policy: 'p', uid: POLICY_UID, generation: 3 }
const RULES = [OWN, { ...OWN, generation: 2 }, { ...OWN, policy: 'q' }, { ...OWN, uid: 'another' }]
const REASONS: NodeStatus['reasons'] = [
  { reason: 'KernelRefused', message: 'no right' },
  { reason: 'Overridden', message: 'policy q decides' },
]
const word = { rules: RULES, reasons: REASONS, containers: [] }

/** Of containers c1, c2 … */
const said = (...all: Partial<ContainerOutcome>[][]): ReadonlyMap<string, SaidOfContainer> =>
  new Map(
    all.map((some, index) => {
      const containerId = `c${index + 1}`
      const outcomes = some.map((one) => ({ rule: 0, outcome: 'applied' as const, processes: 1, ...one }))
      return [containerId, { node: `node-${index + 1}`, word, container: { containerId, outcomes } }]
    }),
  )
const knownOf = (words: ReadonlyMap<string, SaidOfContainer>, changes: Partial<KnownOfPolicy> = {}): KnownOfPolicy => {
  const known = { policy, match, behind: new Set<string>(), ...changes }
  return { ...known, tallies: [tallyOutcomes(known.policy, known.match, words)] }
}
const judge = (words: ReadonlyMap<string, SaidOfContainer>, changes: Partial<KnownOfPolicy> = {}) => {
  const status = policyStatus(knownOf(words, changes), undefined, NOW)
  return { ...status, by: Object.fromEntries(status.conditions.map((one) => [one.type, one])) }
}

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
      { type: 'Reconciling', status: 'False', reason: 'UpToDate' },
      { type: 'Stalled', status: 'False', reason: 'NothingRefused' },
      { type: 'Degraded', status: 'False', reason: 'NothingRolledBack' },
    ])
  })

  it.each([
    ['as it was before it was changed', 1],
    ['of another name', 2],
    ['of the same name that was made anew', 3],
    ['that nobody knows', 9],
  ])('counts nothing that a node said of a policy %s', (_which, rule) => {
    const status = judge(said([{ rule }], [{}]))
    expect(status).toMatchObject({
      applied: 1,
      failed: 0,
      by: { Ready: { status: 'False', reason: 'Applying' } },
    })
  })

  it('gathers the same failure of several containers', () => {
    expect(judge(said([failed], [{}, failed]))).toMatchObject({
      applied: 0,
      failed: 2,
      reasons: [{ outcome: 'Failed', reason: 'KernelRefused', message: 'no right', containers: 2 }],
      by: { Ready: { status: 'False', reason: 'KernelRefused', message: 'no right' } },
    })
  })

  it('is ready where another policy decides, and says so', () => {
    expect(judge(said([skipped], [{}, skipped]))).toMatchObject({
      applied: 1,
      skipped: 1,
      reasons: [{ outcome: 'Skipped', reason: 'Overridden', message: 'policy q decides', containers: 2 }],
      by: { Ready: { status: 'True', reason: 'Applied', message: '1 containers have the score' } },
    })
  })

  it('counts what the nodes were not told', () => {
    const refused = [{ reason: 'TooManyPolicies', message: 'too many', containers: 1, isGuarded: false }]
    const status = judge(said([{}]), { match: { ...match, told: ['c1'], refused } })
    expect(status).toMatchObject({
      applied: 1,
      failed: 1,
      reasons: [{ outcome: 'Failed', reason: 'TooManyPolicies', containers: 1 }],
      by: { Ready: { status: 'False', reason: 'TooManyPolicies', message: 'too many' } },
    })
  })

  it('in Audit says where it would decide', () => {
    const audit = policyOf('p', { mode: 'Audit' }, { generation: 3 })
    expect(judge(said([{ outcome: 'would' }], [skipped]), { policy: audit })).toMatchObject({
      would: 1,
      skipped: 1,
      applied: 0,
      by: { Ready: { status: 'True', reason: 'Audit', message: expect.stringContaining('at 1 of them it would') } },
    })
  })

  it('counts what guard rails refuse as skipped, and is ready all the same', () => {
    const refused = [{ reason: 'UnlimitedMemory', message: 'no limit', containers: 1, isGuarded: true }]
    expect(judge(said([{}]), { match: { ...match, told: ['c1'], refused } })).toMatchObject({
      applied: 1,
      failed: 0,
      skipped: 1,
      reasons: [{ outcome: 'Skipped', reason: 'UnlimitedMemory', containers: 1 }],
      by: { Ready: { status: 'True' }, Reconciling: { status: 'False' }, Stalled: { status: 'False' } },
    })
  })

  it('in Audit says how many processes it would set, and on which nodes most', () => {
    const audit = policyOf('p', { mode: 'Audit' }, { generation: 3 })
    const would = (processes: number): Partial<ContainerOutcome>[] => [{ outcome: 'would', processes }]
    const many = Array.from({ length: 12 }, (_, index) => `c${index + 1}`)
    const known = { policy: audit, match: { ...match, told: many } }
    const { wouldSet } = judge(said(...many.map((_id, index) => would(index))), known)
    expect(wouldSet).toMatchObject({ processes: 66, nodes: 12 })
    expect(wouldSet?.most.map(({ processes }) => processes)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2])
    expect(wouldSet?.most[0]?.node).toBe('node-12')
    expect(judge(said([{}]))).not.toHaveProperty('wouldSet')
  })

  it('is degraded where it was taken back, and names some of the nodes', () => {
    const nodes = Array.from({ length: 6 }, (_, index) => ({ node: `node-${index}`, time: NOW.toISOString() }))
    const status = judge(said([{}], [{}]), { rollback: { generation: 3, nodes } })
    expect(status).toMatchObject({
      rollback: { nodes: { length: 6 } },
      by: { Ready: { status: 'False', reason: 'RolledBack' }, Degraded: { status: 'True', reason: 'RolledBack' } },
    })
    expect(status.by['Degraded']?.message).toMatch(/node-3 and 2 more ran out soon after: not applied there/)
  })

  it('counts a conflict apart, and is stalled by it', () => {
    expect(judge(said([{ outcome: 'conflict', reason: 0 }], [{}]))).toMatchObject({
      conflicting: 1,
      failed: 0,
      by: {
        Ready: { status: 'False', reason: 'KernelRefused' },
        Reconciling: { status: 'False' },
        Stalled: { status: 'True', reason: 'KernelRefused', message: '1 containers: no right' },
      },
    })
  })

  it('waits for what a node will write by itself, and calls it no failure', () => {
    const waits = { ...word, reasons: [{ reason: 'Reconciling', message: 'more writes are due' }] }
    const both = [...said([failed], [{}])].map(([id, about]) => [id, { ...about, word: waits }] as const)
    expect(judge(new Map(both))).toMatchObject({
      applied: 1,
      failed: 0,
      by: { Ready: { reason: 'Applying' }, Reconciling: { status: 'True' }, Stalled: { status: 'False' } },
    })
  })

  it('is reconciling while containers are waited for, and says which part of the nodes is behind', () => {
    expect(judge(said([{}]))).toMatchObject({
      nodes: { told: 1, behind: 0 },
      by: { Ready: { reason: 'Applying' }, Reconciling: { status: 'True', reason: 'Applying' } },
    })
    expect(judge(said([{}], [{}]), { behind: new Set(['node-a', 'node-z']) })).toMatchObject({
      nodes: { told: 1, behind: 1 },
      by: { Ready: { status: 'True' }, Reconciling: { status: 'True', reason: 'NodesBehind' } },
    })
  })

  it('differs from another by more than processes, or not', () => {
    const statusOf = (one: Partial<ContainerOutcome>) => policyStatus(knownOf(said([one], [{}])), undefined, NOW)
    expect(withProcessesOf(statusOf({}), statusOf({ processes: 9 }))).toEqual(statusOf({ processes: 9 }))
    expect(withProcessesOf(statusOf({}), statusOf(failed))).not.toEqual(statusOf(failed))
  })

  it('keeps the time of the last transition while Ready stays', () => {
    const known = knownOf(said([{}], [{}]))
    const before = policyStatus(known, undefined, NOW)
    const later = policyStatus(known, before, new Date('2026-03-02T10:00:00.000Z'))
    expect(later).toEqual(before)
  })
})
