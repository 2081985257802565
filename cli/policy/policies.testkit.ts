import type { NodeRanking } from '../../operator/api/nodeRanking.ts'
import type { Rails } from '../../operator/policies/clusterFacts.ts'
import type { Policy } from '../../operator/policies/selection.ts'
import { oomPolicySpec } from '../../operator/api/oomPolicySpec.ts'
import { gatherClusterObjects, type ClusterObjects } from './clusterObjects.ts'

export const RAILS: Rails = { ownNamespace: 'oomkeeper', protectedMemoryPercent: 50, rollbackWindowMs: 0 }

/** One that selects the pods labelled app: web, and sets 500. */
export function policyOf(name: string, spec: object = {}): Policy {
  const whole = { podSelector: { matchLabels: { app: 'web' } }, oomScoreAdj: { value: 500 }, ...spec }
  return { name, uid: `uid-${name}`, generation: 1, spec: oomPolicySpec.parse(whole), deleting: false, held: false }
}

export const containerId = (number: number): string => String(number).padStart(64, '0')

/** Burstable, on node-a, of Deployment web, with one container `app` that requests and may use so much. */
export function rawPod(number: number, memory = '1Gi') {
  const labels = { app: 'web', 'pod-template-hash': 'abc' }
  const controller = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-abc', uid: 'rs', controller: true }
  return {
    kind: 'Pod',
    metadata: {
      namespace: 'shop',
      name: `web-abc-${number}`,
      uid: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
      creationTimestamp: `2026-01-01T00:00:0${number}Z`,
      labels,
      ownerReferences: [controller],
    },
    spec: {
      nodeName: 'node-a',
      containers: [{ name: 'app', resources: { limits: { memory }, requests: { memory: '1Gi' } } }],
    },
    status: {
      phase: 'Running',
      qosClass: 'Burstable',
      containerStatuses: [{ name: 'app', containerID: `containerd://${containerId(number)}`, state: { running: {} } }],
    },
  }
}

/** Memory of node-a. */
export const NODE_TOTAL_KIB = 8 * 1024 * 1024

/** Who is in line on it. */
export function rankingOf(...candidates: NodeRanking['candidates']): NodeRanking {
  return {
    version: 1,
    node: 'node-a',
    scannedAt: '2026-03-01T10:00:00.000Z',
    kernelRelease: '6.12.0',
    pageSizeKib: 4,
    processCount: 10,
    domain: { totalKib: NODE_TOTAL_KIB },
    candidates,
  }
}

/** A namespace, a node of 8 GiB and these objects; a Burstable container of 1 GiB has 875 there. */
export function clusterOf(...objects: unknown[]): Promise<ClusterObjects> {
  const memory = { memory: '8Gi' }
  return gatherClusterObjects([
    { kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'shop' } } },
    { kind: 'Node', metadata: { name: 'node-a' }, status: { capacity: memory, allocatable: memory } },
    ...objects,
  ])
}

export const rawPolicy = (name: string, spec: object) => ({
  kind: 'OOMPolicy',
  metadata: { name, uid: `uid-${name}`, generation: 1 },
  spec: policyOf(name, { mode: 'Enforce', ...spec }).spec,
})
