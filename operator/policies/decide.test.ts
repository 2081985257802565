import { describe, expect, it } from '@jest/globals'
import {
  MAX_CONTAINER_RULES,
  MAX_DESIRED_CONTAINERS,
  MAX_RULES_BYTES,
  encodeDesiredState,
} from '#contract/desiredState.ts'
import { POLICY_UID, clusterFactsOf, policyOf, policyPodOf } from '../testing/policies.ts'
import { decide } from './decide.ts'
import type { Policy, PolicyPod } from './selection.ts'

const FACTS = clusterFactsOf()
const C = 'c'.repeat(64)
const D = 'd'.repeat(64)

/** node → container=policies, in order of precedence */
function decided(policies: Policy[], pods: PolicyPod[] = [policyPodOf()]): Record<string, string[]> {
  const { desired } = decide(policies, pods, FACTS)
  return Object.fromEntries(
    [...desired].map(([node, { rules, containers }]) => [
      node,
      containers.map((one) => `${one.name}=${one.rules.map((place) => rules[place]?.policy).join()}`),
    ]),
  )
}

describe('decide', () => {
  it('tells each node of its own containers, with a policy as the node has to know it', () => {
    const other = policyPodOf({ node: 'node-b', uid: 'f'.repeat(32), members: [{ name: 'app', type: 'App', id: D }] })
    const pod = policyPodOf({ members: [{ name: 'app', type: 'App', id: C }] })
    const { desired } = decide([policyOf('p', { holdFor: '1h30m', priority: 7 })], [other, pod], FACTS)
    const rule = {
      policy: 'p',
      uid: POLICY_UID,
      generation: 1,
      mode: 'Enforce',
      score: { value: 1000 },
      holdForSeconds: 5_400,
      allowCrossQoS: false,
      allowUnlimited: false,
    }
    expect(Object.fromEntries(desired)).toEqual({
      'node-a': { rules: [rule], containers: [{ podUid: pod.uid, name: 'app', containerId: C, rules: [0] }] },
      'node-b': { rules: [rule], containers: [{ podUid: other.uid, name: 'app', containerId: D, rules: [0] }] },
    })
  })

  it('hands on delta, processes and killScope', () => {
    const processes = [{ command: 'postgres', init: true }, { exe: 'java*' }, { cmdline: '^x' }]
    const policies = [
      policyOf('p', { oomScoreAdj: { delta: -200 }, processes }),
      policyOf('q', { oomScoreAdj: undefined, killScope: 'Container' }),
    ]
    const { desired } = decide(policies, [policyPodOf()], FACTS)
    expect(desired.get('node-a')?.rules).toMatchObject([
      { score: { delta: -200 }, processes },
      { killScope: 'Container' },
    ])
  })

  it('puts the highest priority first, and the first name among equals, whatever their modes', () => {
    const policies = [
      policyOf('zz-high', { priority: 5 }),
      policyOf('a-low'),
      policyOf('audit', { mode: 'Audit', priority: 9 }),
      policyOf('z-high', { priority: 5, containers: ['app'] }),
    ]
    expect(decided(policies)).toEqual({
      'node-a': ['app=audit,z-high,zz-high,a-low', 'sidecar=audit,zz-high,a-low'],
    })
  })

  it('names to a node only the policies that select something there', () => {
    const { desired } = decide([policyOf('p'), policyOf('q', { containers: ['none'] })], [policyPodOf()], FACTS)
    expect(desired.get('node-a')?.rules.map(({ policy }) => policy)).toEqual(['p'])
  })

  it('looks the same whatever the order of the pods', () => {
    const pods = ['a', 'b', 'e'].map((letter) => policyPodOf({ uid: letter.repeat(32) }))
    const [one, other] = [pods, pods.toReversed()].map((some) => decide([policyOf()], some, FACTS).desired)
    expect(one).toEqual(other)
  })

  it('names containers that do not run yet to the node, and counts none of them', () => {
    const members = [{ name: 'app', type: 'App' } as const, { name: 'sidecar', type: 'Sidecar', id: D } as const]
    const waiting = policyPodOf({ configHash: 'f'.repeat(32), members })
    const { desired, matches } = decide([policyOf('p')], [waiting], FACTS)
    expect(desired.get('node-a')?.containers).toEqual([
      { podUid: 'f'.repeat(32), name: 'app', rules: [0] },
      { podUid: 'f'.repeat(32), name: 'sidecar', containerId: D, rules: [0] },
    ])
    expect(matches.get('p')).toMatchObject({
      pods: 1,
      containers: 1,
      told: [D],
      nodes: new Set(['node-a']),
      protectingOn: new Set(),
      refused: [],
    })
  })

  it('counts what an outranked policy selects too: its nodes say that another decides', () => {
    const { matches } = decide([policyOf('p', { priority: 1 }), policyOf('q')], [policyPodOf()], FACTS)
    expect(matches.get('q')).toMatchObject({
      pods: 1,
      containers: 2,
      told: [C, D],
      nodes: new Set(['node-a']),
      protectingOn: new Set(),
      refused: [],
    })
  })

  it('keeps a policy with a spec of another version out of every state, and says so', () => {
    const { matches } = decide([policyOf('old', { holdFor: 'a while' })], [policyPodOf()], FACTS)
    expect(matches.get('old')).toMatchObject({ told: [], refused: [{ reason: 'InvalidSpec', isGuarded: false }] })
  })

  it('keeps a value that no node takes out of every state, and says why', () => {
    // As one that the apiserver took under another version of the kind.
    const exempt = policyOf('exempt', { oomScoreAdj: { value: -1000 } })
    const { desired, matches } = decide([exempt, policyOf('p')], [policyPodOf()], FACTS)
    expect(desired.get('node-a')?.rules.map(({ policy }) => policy)).toEqual(['p'])
    expect(matches.get('exempt')).toMatchObject({
      containers: 2,
      told: [],
      refused: [{ reason: 'BelowFloor', message: expect.stringContaining('-1000'), containers: 2, isGuarded: true }],
    })
  })
})

describe('guard rails', () => {
  it('keep a policy from the containers that it may not touch, and say why', () => {
    const [app, sidecar] = policyPodOf().members
    if (app === undefined || sidecar === undefined) throw new Error('expected two containers')
    const pod = policyPodOf({ members: [app, { ...sidecar, memory: undefined }] })
    const { desired, matches } = decide([policyOf('p', { oomScoreAdj: { value: -500 } })], [pod], FACTS)
    expect(desired.get('node-a')?.containers.map(({ name }) => name)).toEqual(['app'])
    expect(matches.get('p')).toMatchObject({
      containers: 2,
      told: [C],
      refused: [{ reason: 'UnlimitedMemory', containers: 1, isGuarded: true }],
    })
  })

  it('keep what is protected on a node within its budget, and tell the node of the rest', () => {
    const memory = { limit: '20Gi', request: '1Gi' }
    const pods = [3, 1, 2].map((age) => {
      const id = `${age}`.repeat(64)
      return policyPodOf({
        uid: `${age}`.repeat(32),
        createdSeconds: age,
        members: [{ name: 'db', type: 'App', id, memory }],
      })
    })
    const policies = [policyOf('keep', { oomScoreAdj: { value: -500 } }), policyOf('zz-raise')]
    const { desired, matches } = decide(policies, pods, FACTS)
    expect(desired.get('node-a')?.containers.map(({ rules }) => rules)).toEqual([[0, 1], [1], [1]])
    expect(matches.get('keep')).toMatchObject({
      told: ['1'.repeat(64)],
      refused: [{ reason: 'BudgetExceeded', containers: 2, isGuarded: true }],
    })
    expect(matches.get('zz-raise')?.refused).toEqual([])
    const nodes = new Map([['node-a', { memory: undefined, isVirtual: false }]])
    expect(decide(policies, pods, clusterFactsOf({ nodes })).matches.get('keep')?.refused).toEqual([])
  })
})

describe('what a node can be told', () => {
  const named = (count: number, spec: object = {}) =>
    Array.from({ length: count }, (_, index) => policyOf(`p${String(index).padStart(3, '0')}`, { ...spec }))

  it('ends with the first policies of a container, and says so of the rest', () => {
    const { desired, matches } = decide(named(MAX_CONTAINER_RULES + 1), [policyPodOf()], FACTS)
    expect(desired.get('node-a')?.containers[0]?.rules).toHaveLength(MAX_CONTAINER_RULES)
    expect(matches.get('p015')).toMatchObject({ told: [C, D], refused: [] })
    expect(matches.get('p016')).toMatchObject({ told: [], refused: [{ reason: 'TooManyPolicies', containers: 2 }] })
  })

  it('ends with so many bytes of policies, the highest priorities first', () => {
    const processes = Array.from({ length: 20 }, () => ({ cmdline: '"'.repeat(200) }))
    const pods = Array.from({ length: 8 }, (_, index) =>
      policyPodOf({ uid: `${index}`.repeat(32), labels: { tier: `${index}` } }),
    )
    const policies = pods.flatMap(({ labels }, index) =>
      Array.from({ length: 10 }, (_, place) =>
        policyOf(`p${index}${place}`, { processes, podSelector: { matchLabels: labels } }),
      ),
    )
    const { desired, matches } = decide(policies, pods, FACTS)
    const { rules = [], containers = [] } = desired.get('node-a') ?? {}
    expect(JSON.stringify(rules).length).toBeLessThanOrEqual(MAX_RULES_BYTES)
    expect(() => encodeDesiredState({ version: 2, node: 'node-a', rules, containers })).not.toThrow()
    expect(matches.get('p00')?.refused).toEqual([])
    expect(matches.get('p79')?.refused).toMatchObject([{ reason: 'TooManyPolicies', containers: 2 }])
  })

  it('ends with so many containers, and says so of the rest', () => {
    const members = Array.from({ length: MAX_DESIRED_CONTAINERS + 1 }, (_, index) => ({
      name: `c${String(index).padStart(5, '0')}`,
      type: 'App' as const,
      id: String(index).padStart(64, '0'),
    }))
    const { desired, matches } = decide([policyOf('p')], [policyPodOf({ members })], FACTS)
    expect(desired.get('node-a')?.containers).toHaveLength(MAX_DESIRED_CONTAINERS)
    expect(matches.get('p')?.refused).toMatchObject([{ reason: 'TooManyContainers', containers: 1 }])
  })
})
