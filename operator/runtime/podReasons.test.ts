import { describe, expect, it } from '@jest/globals'
import type { ContainerOutcome } from '#contract/nodeStatus.ts'
import type { PolicyMatch } from '../policies/policyMatch.ts'
import { tallyOutcomes, type SaidOfContainer } from '../policies/outcomeTally.ts'
import type { Policy } from '../policies/selection.ts'
import { POLICY_UID, policyOf, policyPodOf } from '../testing/policies.ts'
import { MAX_ALL_TOLD, MAX_TOLD, PodReasons } from './podReasons.ts'

const pod = policyPodOf()
const BUDGET = { reason: 'BudgetExceeded', message: 'no room' }

function matchOf(told: string[], refused: string[]): PolicyMatch {
  return {
    pods: 1,
    containers: told.length + refused.length,
    parts: new Map(),
    told,
    nodes: new Set(['node-a']),
    protectingOn: new Set(),
    refused: [],
    places: new Map([...told, ...refused].map((id) => [id, { pod, container: `of ${id}` }])),
    refusals: new Map(refused.map((id) => [id, BUDGET])),
  }
}

function saidOf(id: string, outcome: ContainerOutcome['outcome']): ReadonlyMap<string, SaidOfContainer> {
  const rules = [{ policy: 'p', uid: POLICY_UID, generation: 1 }]
  const word = { rules, reasons: [{ reason: 'Foreign', message: 'another writes' }], containers: [] }
  const container = { containerId: id, outcomes: [{ rule: 0, outcome, processes: 1, reason: 0 }] }
  return new Map([[id, { node: 'node-a', word, container }]])
}

const troublesOf = (policy: Policy, match: PolicyMatch, said: ReadonlyMap<string, SaidOfContainer> = new Map()) =>
  tallyOutcomes(policy, match, said).troubles.map(([containerId, why]) => ({
    containerId,
    place: match.places.get(containerId),
    why,
  }))
const reasons = new PodReasons()
const news = (policy: Policy, match: PolicyMatch, said?: ReadonlyMap<string, SaidOfContainer>) =>
  reasons
    .news([policy], () => troublesOf(policy, match, said))
    .map(({ container, reason }) => `${container}: ${reason}`)

describe('PodReasons', () => {
  it('has each reason of a container once, until the policy changes', () => {
    const match = matchOf(['a'], ['b'])
    expect(news(policyOf(), match, saidOf('a', 'conflict'))).toEqual(['of b: BudgetExceeded', 'of a: Foreign'])
    expect(news(policyOf(), match, saidOf('a', 'failed'))).toEqual([])
    expect(news(policyOf('p', {}, { generation: 2 }), match)).toEqual(['of b: BudgetExceeded'])
  })

  it.each(['applied', 'skipped', 'would'] as const)('has none of what is %s on the node', (outcome) => {
    expect(news(policyOf(), matchOf([outcome], []), saidOf(outcome, outcome))).toEqual([])
  })

  it('has none of a policy that only audits, or goes', () => {
    expect(news(policyOf('p', { mode: 'Audit' }), matchOf([], ['c']))).toEqual([])
    expect(news(policyOf('p', {}, { deleting: true }), matchOf([], ['c']))).toEqual([])
  })

  it('tells so many containers of a reason, and no more', () => {
    const ids = Array.from({ length: MAX_TOLD + 1 }, (_, index) => `id-${index}`)
    expect(news(policyOf('p', {}, { generation: 9 }), matchOf([], ids))).toHaveLength(MAX_TOLD)
    expect(news(policyOf('p', {}, { generation: 9 }), matchOf([], ['another']))).toEqual([])
  })

  it('leaves room for Events of kills, however many policies there are', () => {
    const names = Array.from({ length: 11 }, (_, index) => `p${index}`)
    const policies = names.map((name) => policyOf(name, {}, { uid: name }))
    const ids = Array.from({ length: MAX_TOLD }, (_, index) => `id-${index}`)
    const each = (policy: Policy) => troublesOf(policy, matchOf([], ids))
    const all = new PodReasons()
    expect(all.news(policies, each)).toHaveLength(MAX_ALL_TOLD)
    expect(all.news(policies.slice(10), each)).toHaveLength(MAX_TOLD)
  })
})
