import { describe, expect, it } from '@jest/globals'
import type { OomPolicySpec } from '../api/oomPolicy.ts'
import { decide, type Policy, type PolicyPod } from './decide.ts'

const policy = (name: string, spec: Partial<OomPolicySpec> = {}, deleting = false): Policy => ({
  name,
  deleting,
  held: true,
  generation: 1,
  spec: { podSelector: {}, oomScoreAdj: { value: 500 }, mode: 'Enforce', priority: 0, ...spec },
})
const pod = (changes: Partial<PolicyPod> = {}): PolicyPod => ({
  namespace: 'shop',
  node: 'node-a',
  labels: { app: 'web' },
  uid: 'u1',
  configHash: undefined,
  members: [
    { id: 'c1', name: 'app' },
    { id: 'c2', name: 'sidecar' },
  ],
  ...changes,
})
const NAMESPACES = new Map([['shop', { team: 'a' }]])

/** node → container=policy:value */
function decided(policies: Policy[], pods: PolicyPod[]): Record<string, string[]> {
  const { desired } = decide(policies, pods, NAMESPACES)
  return Object.fromEntries(
    [...desired].map(([node, all]) => [
      node,
      all.map((one) => `${one.containerId ?? one.name}=${one.policy}:${one.oomScoreAdj}`),
    ]),
  )
}

describe('decide', () => {
  it('gives every running container of a selected pod the value, on its node', () => {
    const other = pod({ node: 'node-b', uid: 'u2', members: [{ id: 'c3', name: 'app' }] })
    expect(decided([policy('p')], [other, pod()])).toEqual({
      'node-a': ['c1=p:500', 'c2=p:500'],
      'node-b': ['c3=p:500'],
    })
  })

  it.each([
    ['the pod’s labels', { podSelector: { matchLabels: { app: 'api' } } }],
    ['the namespace’s labels', { namespaceSelector: { matchLabels: { team: 'b' } } }],
    ['the container’s name', { containers: ['other'] }],
    ['no pod selector at all', { podSelector: undefined }],
  ])('selects nothing by %s when they differ', (_what, spec) => {
    expect(decided([policy('p', spec)], [pod()])).toEqual({})
  })

  it('selects only the containers that are named', () => {
    expect(decided([policy('p', { containers: ['sidecar'] })], [pod()])).toEqual({ 'node-a': ['c2=p:500'] })
  })

  it('lets the highest priority decide, and the first name among equals', () => {
    const low = policy('a-low', { oomScoreAdj: { value: 1 } })
    const high = policy('z-high', { priority: 5, containers: ['app'] })
    const twin = policy('zz-high', { priority: 5, oomScoreAdj: { value: 2 } })
    expect(decided([twin, low, high], [pod()])).toEqual({ 'node-a': ['c1=z-high:500', 'c2=zz-high:2'] })
  })

  it('writes nothing for Audit, and says what it would match', () => {
    const audit = policy('p', { mode: 'Audit', priority: 9 })
    expect(decided([audit, policy('q')], [pod()])).toEqual({ 'node-a': ['c1=q:500', 'c2=q:500'] })
    expect(decide([audit], [pod()], NAMESPACES).matches.get('p')).toEqual({ pods: 1, containers: 2, deciding: [] })
  })

  it('names containers that do not run yet to the node, and counts none of them', () => {
    const waiting = pod({ configHash: 'hash', members: [{ name: 'app' }, { id: 'c2', name: 'sidecar' }] })
    const { desired, matches } = decide([policy('p')], [waiting], NAMESPACES)
    expect(desired.get('node-a')).toEqual([
      { podUid: 'hash', name: 'app', oomScoreAdj: 500, policy: 'p' },
      { podUid: 'hash', name: 'sidecar', containerId: 'c2', oomScoreAdj: 500, policy: 'p' },
    ])
    expect(matches.get('p')).toEqual({ pods: 1, containers: 1, deciding: ['c2'] })
  })

  it('lets a policy that is being deleted decide nothing', () => {
    const gone = policy('z', { priority: 9, oomScoreAdj: { value: 1 } }, true)
    expect(decided([gone, policy('p')], [pod()])).toEqual({ 'node-a': ['c1=p:500', 'c2=p:500'] })
  })

  it('leaves pods alone whose namespace is not known or that are on no node yet', () => {
    expect(decided([policy('p')], [pod({ namespace: 'new' }), pod({ node: '' })])).toEqual({})
  })
})
