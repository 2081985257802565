import { oomPolicySpec } from '../api/oomPolicySpec.ts'
import type { Policy, PolicyPod } from '../policies/selection.ts'

export const POLICY_UID = '9d3f6a10-2f3b-4f6e-8a52-0c2c6f0e7b11'

/** An enforcing policy for every pod, with the kind's defaults; `spec` as people write it. */
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
    spec: oomPolicySpec.parse({ oomScoreAdj: { value: 500 }, mode: 'Enforce', ...all, ...spec }),
    ...changes,
  }
}

/** A pod of namespace `shop` on node-a, with two running containers, `app` and `sidecar`. */
export function policyPodOf(changes: Partial<PolicyPod> = {}): PolicyPod {
  return {
    namespace: 'shop',
    node: 'node-a',
    labels: { app: 'web' },
    priorityClass: undefined,
    uid: '0b8f0a53-5c1e-4b0e-9d0c-6f3f5b1f9d11',
    configHash: undefined,
    members: [
      { name: 'app', type: 'App', id: 'c'.repeat(64) },
      { name: 'sidecar', type: 'Sidecar', id: 'd'.repeat(64) },
    ],
    ...changes,
  }
}
