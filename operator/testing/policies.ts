import { oomPolicySpec } from '../api/oomPolicySpec.ts'
import type { ClusterFacts } from '../policies/clusterFacts.ts'
import type { Policy, PolicyPod } from '../policies/selection.ts'
import type { PolicyPorts } from '../runtime/policyEngine.ts'
import type { FakeClock } from './fakeClock.ts'

export const POLICY_UID = '9d3f6a10-2f3b-4f6e-8a52-0c2c6f0e7b11'

/** An enforcing policy for every pod that raises, with the kind's defaults; `spec` as people write it. */
export function policyOf(
  name = 'p',
  spec: Readonly<Record<string, unknown>> = {},
  changes: Partial<Policy> = {},
): Policy {
  const selectors = ['namespaceSelector', 'podSelector', 'priorityClassNames', 'all']
  const all = selectors.some((selector) => selector in spec) ? {} : { all: true }
  return {
    name,
    uid: POLICY_UID,
    generation: 1,
    deleting: false,
    held: true,
    spec: oomPolicySpec.parse({ oomScoreAdj: { value: 1000 }, mode: 'Enforce', ...all, ...spec }),
    ...changes,
  }
}

/** Pod `web-1` of namespace `shop` on node-a, with two running containers, `app` and `sidecar`. */
export function policyPodOf(changes: Partial<PolicyPod> = {}): PolicyPod {
  return {
    namespace: 'shop',
    name: 'web-1',
    node: 'node-a',
    labels: { app: 'web' },
    priorityClass: undefined,
    qosClass: 'Burstable',
    runtimeClass: undefined,
    memoryLimit: undefined,
    createdSeconds: 1_772_359_200,
    uid: '0b8f0a53-5c1e-4b0e-9d0c-6f3f5b1f9d11',
    configHash: undefined,
    members: [
      { name: 'app', type: 'App', id: 'c'.repeat(64), memory: { limit: '256Mi', request: '128Mi' } },
      { name: 'sidecar', type: 'Sidecar', id: 'd'.repeat(64), memory: { limit: '64Mi', request: '64Mi' } },
    ],
    ...changes,
  }
}

/** A cluster with namespace `shop` and node-a, of 64 GiB, half of which may be protected. */
export function clusterFactsOf(changes: Partial<ClusterFacts> = {}): ClusterFacts {
  return {
    rails: { ownNamespace: 'oomkeeper', protectedMemoryPercent: 50, rollbackWindowMs: 600_000 },
    namespaces: new Map([['shop', { team: 'a' }]]),
    nodes: new Map([
      ['node-a', { memory: { capacityKib: GIB_KIB * 64, allocatableKib: GIB_KIB * 60 }, isVirtual: false }],
    ]),
    runtimeHandlers: new Map(),
    withdrawn: new Map(),
    ...changes,
  }
}

/** Of an engine whose cluster takes everything at once, by a clock, and remembers nothing. */
export function quietPolicyPorts(clock: Pick<FakeClock, 'nowMs' | 'sleep'>): PolicyPorts {
  return {
    now: () => new Date(clock.nowMs),
    monotonicMs: () => clock.nowMs,
    sleep: clock.sleep,
    settled: () => undefined,
    writeStatus: (_name, compute) => Promise.resolve(void compute(undefined)),
    toldPods: () => undefined,
    replay: () => new Map(),
    hold: () => Promise.resolve(),
    release: () => Promise.resolve(),
    rolledBack: () => undefined,
    gaveUpOn: () => undefined,
  }
}

const GIB_KIB = 1024 ** 2
