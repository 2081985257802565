import type { CachedContainer, CachedPod } from '../runtime/pod.ts'
import { CONTAINER_ID, POD_UID } from './killEvents.ts'

/** Pod `eater-abc-1` of ReplicaSet `eater-abc`, on node-a, as the operator remembers it. */
export function cachedPodOf(changes: Partial<CachedPod> = {}): CachedPod {
  return {
    uid: POD_UID,
    namespace: 'shop',
    name: 'eater-abc-1',
    node: 'node-a',
    controller: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'eater-abc', uid: 'r' },
    configHash: undefined,
    containers: [containerOf()],
    labels: {},
    members: [],
    qosClass: 'Burstable',
    priorityClass: undefined,
    runtimeClass: undefined,
    memoryLimit: undefined,
    createdSeconds: 1_772_359_200,
    ...changes,
  }
}

export function containerOf(changes: Partial<CachedContainer> = {}): CachedContainer {
  return { id: CONTAINER_ID, name: 'app', type: 'App', terminations: [], restarts: 0, memory: undefined, ...changes }
}
