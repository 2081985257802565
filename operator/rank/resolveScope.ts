import type { RankScope } from '#contract/rank.ts'
import { podUidOnNode, type CachedPod } from '../runtime/pod.ts'
import type { RankTarget } from './rankQuery.ts'

export type ScopeOutcome = { ok: true; scope: RankScope | undefined } | { ok: false; reason: string }

export interface KnownPods {
  live(): Iterable<CachedPod>
  find(uid: string, node: string): CachedPod | undefined
}

const ID_OR_BEGINNING = /^[0-9a-f]{8,64}$/

/** What a person named, as the node's cgroup paths have it: UIDs and ids. */
export function resolveScope({ cgroup, pod, container }: RankTarget, node: string, pods: KnownPods): ScopeOutcome {
  if (cgroup !== undefined) return { ok: true, scope: { kind: 'cgroup', path: cgroup } }
  if (pod === undefined) return container === undefined ? { ok: true, scope: undefined } : resolveId(container)
  const found = pod.includes('/') ? findByName(pods, pod) : pods.find(pod, node)
  if (container === undefined && found === undefined && !pod.includes('/')) {
    // A pod that the cluster does not know, or no more: the node may.
    return { ok: true, scope: { kind: 'pod', uid: pod } }
  }
  if (found === undefined) return { ok: false, reason: `pod: expected a pod that is there, got ${pod}` }
  if (found.node !== node) {
    const where = found.node === '' ? 'no node yet' : `node ${found.node}`
    return { ok: false, reason: `pod: expected a pod on node ${node}, got ${pod}, which is on ${where}` }
  }
  if (container === undefined) return { ok: true, scope: { kind: 'pod', uid: podUidOnNode(found) } }
  const id = found.members.find(({ name }) => name === container)?.id
  if (id !== undefined) return { ok: true, scope: { kind: 'container', id } }
  const names = found.members.map(({ name }) => name).join(', ')
  return { ok: false, reason: `container: expected one of pod ${pod} that runs (of ${names}), got ${container}` }
}

function resolveId(id: string): ScopeOutcome {
  if (ID_OR_BEGINNING.test(id)) return { ok: true, scope: { kind: 'container', id } }
  return {
    ok: false,
    reason: `container: expected 8 to 64 hexadecimal digits of an id, or a pod with its name, got ${id}`,
  }
}

function findByName(pods: KnownPods, namespacedName: string): CachedPod | undefined {
  for (const pod of pods.live()) if (`${pod.namespace}/${pod.name}` === namespacedName) return pod
  return undefined
}
