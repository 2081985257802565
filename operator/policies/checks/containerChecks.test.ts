import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import type { PodMember } from '../../runtime/pod.ts'
import { clusterFactsOf, policyOf, policyPodOf } from '../../testing/policies.ts'
import type { ClusterFacts } from '../clusterFacts.ts'
import type { Policy, PolicyPod } from '../selection.ts'
import { CONTAINER_CHECKS, refusalOf } from './containerChecks.ts'

interface Case {
  policy?: Policy
  pod?: Partial<PolicyPod>
  member?: Partial<PodMember>
  facts?: Partial<ClusterFacts>
}

const LIMITED: PodMember = { name: 'app', type: 'App', memory: { limit: '256Mi', request: '128Mi' } }
const UNLIMITED = { memory: { limit: undefined, request: '128Mi' } }

function reasonOf({ policy = policyOf(), pod = {}, member = {}, facts = {} }: Case): string | undefined {
  const subject = { policy, pod: policyPodOf(pod), member: { ...LIMITED, ...member } }
  return refusalOf(subject, clusterFactsOf(facts))?.why.reason
}

const byLabel = (labels: Record<string, string>) => ({ matchLabels: labels })
const allBut = (key: string, ...values: string[]) => ({ matchExpressions: [{ key, operator: 'NotIn', values }] })
const score = (value: number, spec: object = {}) => policyOf('p', { oomScoreAdj: { value }, ...spec })
const delta = (some: number, spec: object = {}) => policyOf('p', { oomScoreAdj: { delta: some }, ...spec })

const STATIC = { namespace: 'kube-system', configHash: 'f'.repeat(32) }
const own = (component: string, namespace = 'oomkeeper') => ({
  namespace,
  labels: { 'app.kubernetes.io/part-of': 'oomkeeper', 'app.kubernetes.io/component': component },
})
const NAMES_OURS = policyOf('p', { namespaceSelector: byLabel({ 'kubernetes.io/metadata.name': 'oomkeeper' }) })
const VIRTUAL = new Map([['node-a', { memory: undefined, isVirtual: true }]])
const withdrawnFrom = (node: string, everywhere = false) => new Map([['p', { nodes: new Set([node]), everywhere }]])
const HANDLERS = new Map([
  ['safe', 'runsc'],
  ['vm', 'kata-qemu'],
  ['kata-like', 'runc'],
])

/** By reason: what is refused for it, and what is not although it is close to that. */
const CASES: Record<string, { refused: Record<string, Case>; allowed: Record<string, Case> }> = {
  PoliciesOff: {
    refused: { 'everything while policies are off': { facts: { rails: { ...clusterFactsOf().rails, isOff: true } } } },
    allowed: { 'while they are on': {} },
  },
  BelowFloor: {
    refused: { 'a value that exempts': { policy: score(-1000) }, 'one below the floor': { policy: score(-991) } },
    allowed: { 'the floor': { policy: score(-990) }, 'a delta, which ends there': { policy: delta(-1990) } },
  },
  StaticControlPlane: {
    refused: {
      'a static pod of kube-system, to a policy for all': { pod: STATIC },
      'to one by PriorityClass': { pod: STATIC, policy: policyOf('p', { priorityClassNames: ['x'] }) },
      'to one that only says whom it does not want': {
        pod: STATIC,
        policy: policyOf('p', { namespaceSelector: allBut('team', 'a') }),
      },
      'to one that sets killScope only': {
        pod: STATIC,
        policy: policyOf('p', { oomScoreAdj: undefined, killScope: 'Container' }),
      },
    },
    allowed: {
      'by its namespace': { pod: STATIC, policy: policyOf('p', { namespaceSelector: byLabel({ name: 'system' }) }) },
      'by its own labels': { pod: STATIC, policy: policyOf('p', { podSelector: byLabel({ component: 'etcd' }) }) },
      'a static pod of another namespace': { pod: { ...STATIC, namespace: 'shop' } },
      'another pod of kube-system': { pod: { namespace: 'kube-system' } },
    },
  },
  OwnPods: {
    refused: {
      'the operator, to a policy for all': { pod: own('operator') },
      'NATS, to one by the labels of pods': {
        pod: own('nats'),
        policy: policyOf('p', { podSelector: byLabel({ 'app.kubernetes.io/component': 'nats' }) }),
      },
      'the agent, even by the labels of its namespace': { pod: own('agent'), policy: NAMES_OURS },
    },
    allowed: {
      'the operator by the labels of its namespace': { pod: own('operator'), policy: NAMES_OURS },
      'a pod of another namespace that calls itself ours': { pod: own('agent', 'shop') },
      'another pod of our namespace': { pod: { namespace: 'oomkeeper' } },
    },
  },
  Unsupported: {
    refused: {
      gVisor: { pod: { runtimeClass: 'safe' }, facts: { runtimeHandlers: HANDLERS } },
      'Kata Containers': { pod: { runtimeClass: 'vm' }, facts: { runtimeHandlers: HANDLERS } },
      'a class that is gone, by its name': { pod: { runtimeClass: 'gvisor' } },
      'a virtual node': { facts: { nodes: VIRTUAL } },
    },
    allowed: {
      'another handler, whatever its class is called': {
        pod: { runtimeClass: 'kata-like' },
        facts: { runtimeHandlers: HANDLERS },
      },
    },
  },
  DetectsOnly: {
    refused: { 'on a node whose agent writes nothing': { facts: { detecting: new Set(['node-a']) } } },
    allowed: { 'on another node': { facts: { detecting: new Set(['node-b']) } } },
  },
  RolledBack: {
    refused: {
      'on a node that ran out of memory soon after': { facts: { withdrawn: withdrawnFrom('node-a') } },
      'everywhere, after too many': { facts: { withdrawn: withdrawnFrom('node-x', true) } },
    },
    allowed: { 'on another node': { facts: { withdrawn: withdrawnFrom('node-b') } } },
  },
  UnlimitedMemory: {
    refused: {
      'less than the kubelet gave, without a limit': { policy: score(-500), member: UNLIMITED },
      'less by a delta': { policy: delta(-1), member: UNLIMITED },
      'a Burstable one brought below what its request gives it': { policy: score(990), member: UNLIMITED },
    },
    allowed: {
      'with a limit': { policy: score(-500) },
      'with a limit of its pod': { policy: score(-500), member: UNLIMITED, pod: { memoryLimit: '1Gi' } },
      'where the policy says so': { policy: score(-500, { allowUnlimited: true }), member: UNLIMITED },
      'more than the kubelet gave': { policy: score(1000), member: UNLIMITED },
      'more by a delta': { policy: delta(1), member: UNLIMITED },
    },
  },
  CrossesQoS: {
    refused: {
      'a Guaranteed container behind Burstable ones': { policy: score(3), pod: { qosClass: 'Guaranteed' } },
      'the same by a delta': { policy: delta(1000), pod: { qosClass: 'Guaranteed' } },
      'a BestEffort one before Burstable ones': {
        policy: score(998, { allowUnlimited: true }),
        pod: { qosClass: 'BestEffort' },
        member: UNLIMITED,
      },
      'the same by a delta ': {
        policy: delta(-2, { allowUnlimited: true }),
        pod: { qosClass: 'BestEffort' },
        member: UNLIMITED,
      },
    },
    allowed: {
      'where the policy says so': { policy: score(1000, { allowCrossQoS: true }), pod: { qosClass: 'Guaranteed' } },
      'a Guaranteed one up to the first of the next class': { policy: score(2), pod: { qosClass: 'Guaranteed' } },
      'a BestEffort one as it is': { policy: score(1000), pod: { qosClass: 'BestEffort' }, member: UNLIMITED },
      'a Burstable one as low as it goes': { policy: score(-990) },
    },
  },
}

const rows = (which: 'refused' | 'allowed'): [string, string, Case][] =>
  Object.entries(CASES).flatMap(([reason, cases]) =>
    Object.entries(cases[which]).map(([what, one]): [string, string, Case] => [reason, what, one]),
  )

describe('CONTAINER_CHECKS', () => {
  it.each(rows('refused'))('%s refuses %s', (reason, _what, one) => {
    expect(reasonOf(one)).toBe(reason)
  })

  it.each(rows('allowed'))('%s lets pass: %s', (_reason, _what, one) => {
    expect(reasonOf(one)).toBeUndefined()
  })

  it('each have cases here and a line in docs/policies.md', () => {
    const docs = readFileSync(new URL('../../../docs/policies.md', import.meta.url), 'utf8')
    expect(CONTAINER_CHECKS.map(({ reason }) => reason)).toEqual(Object.keys(CASES))
    expect(CONTAINER_CHECKS.filter(({ reason }) => !docs.includes(`| \`${reason}\``))).toEqual([])
  })
})
