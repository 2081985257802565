import type { ContainerFacts } from '../reports/decideHidden.ts'
import type { CachedContainer, CachedPod } from './pod.ts'
import { SlimPods } from './slimPods.ts'

export interface PodStoreOptions {
  maxDeleted: number
  deletedTtlMs: number
  /** Milliseconds since the epoch. */
  now: () => number
}

const MAX_CONTAINERS_PER_POD = 20

/** The pods of the cluster by UID, and those that were deleted not long ago. */
export class PodStore {
  readonly #options: PodStoreOptions
  readonly #slim = new SlimPods()
  readonly #live = new Map<string, CachedPod>()
  readonly #uidByStaticId = new Map<string, string>()
  /** Oldest first. */
  readonly #deleted = new Map<string, { pod: CachedPod; deletedAtMs: number }>()

  constructor(options: PodStoreOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#live.size
  }

  /** The pods that are, in no order. */
  live(): Iterable<CachedPod> {
    return this.#live.values()
  }

  /** Takes a pod as it is now; containers that its status has forgotten are remembered. */
  put(pod: CachedPod): void {
    const before = this.#live.get(pod.uid) ?? this.#deleted.get(pod.uid)?.pod
    this.#deleted.delete(pod.uid)
    const merged =
      before === undefined ? pod : { ...pod, containers: mergeContainers(pod.containers, before.containers) }
    this.#live.set(pod.uid, this.#slim.slim(merged, before))
    if (pod.configHash !== undefined) this.#uidByStaticId.set(staticId(pod.node, pod.configHash), pod.uid)
  }

  /** What a single read said of a pod, which may be deleted by now: it must not come back to life. */
  remember(pod: CachedPod): void {
    const deleted = this.#deleted.get(pod.uid)
    if (deleted === undefined) this.put(pod)
    else {
      const containers = mergeContainers(pod.containers, deleted.pod.containers)
      deleted.pod = this.#slim.slim({ ...deleted.pod, containers }, deleted.pod)
    }
  }

  remove(uid: string): void {
    const pod = this.#live.get(uid)
    if (pod === undefined) return
    this.#live.delete(uid)
    const nowMs = this.#options.now()
    this.#deleted.set(uid, { pod, deletedAtMs: nowMs })
    for (const [oldUid, { pod: old, deletedAtMs }] of this.#deleted) {
      if (this.#deleted.size <= this.#options.maxDeleted && nowMs - deletedAtMs < this.#options.deletedTtlMs) break
      this.#deleted.delete(oldUid)
      this.#forgetStaticId(old)
    }
  }

  /** After a full list: what is not in it was deleted while nobody watched. */
  retainOnly(uids: ReadonlySet<string>): void {
    for (const uid of this.#live.keys()) if (!uids.has(uid)) this.remove(uid)
  }

  /** @param uid As the cgroup path shows it: a pod's UID, or a static pod's config hash. */
  find(uid: string, node: string): CachedPod | undefined {
    const byUid = this.#get(uid)
    if (byUid !== undefined) return byUid
    const mirrorUid = this.#uidByStaticId.get(staticId(node, uid))
    return mirrorUid === undefined ? undefined : this.#get(mirrorUid)
  }

  /** Of a pod that is; undefined where it is not known. */
  nodeOf(podUid: string): string | undefined {
    return this.#live.get(podUid)?.node
  }

  namespaceOf(podUid: string): string | undefined {
    return this.#get(podUid)?.namespace
  }

  /** Whether a container runs, as its pod was read last; false where the pod is gone. */
  isRunning(podUid: string, containerId: string): boolean {
    return this.#live.get(podUid)?.members.some(({ id }) => id === containerId) === true
  }

  /** What is known of a container, now or before its pod was deleted. */
  factsOf(podUid: string, containerId: string): ContainerFacts {
    const pod = this.#get(podUid)
    if (pod === undefined) return { kind: 'podForgotten' }
    const container = pod.containers.find(({ id }) => id === containerId)
    return container === undefined
      ? { kind: 'containerUnknown' }
      : { kind: 'known', terminations: container.terminations }
  }

  #get(uid: string): CachedPod | undefined {
    return this.#live.get(uid) ?? this.#deleted.get(uid)?.pod
  }

  #forgetStaticId(pod: CachedPod): void {
    if (pod.configHash === undefined) return
    const id = staticId(pod.node, pod.configHash)
    if (this.#uidByStaticId.get(id) === pod.uid) this.#uidByStaticId.delete(id)
  }
}

/** A config hash is a UID without dashes in some versions of the kubelet and with them in others' cgroups. */
function staticId(node: string, hash: string): string {
  return `${node}/${hash.replaceAll('-', '').toLowerCase()}`
}

function mergeContainers(now: readonly CachedContainer[], before: readonly CachedContainer[]): CachedContainer[] {
  const known = new Map(now.map((container) => [container.id, container]))
  for (const old of before) {
    const current = known.get(old.id)
    if (current === undefined) known.set(old.id, old)
    else {
      known.set(old.id, {
        ...current,
        // A container ends once: what was reported then is not taken back.
        terminations: current.terminations.length === 0 ? old.terminations : current.terminations,
        memory: current.memory ?? old.memory,
      })
    }
  }
  return [...known.values()].slice(0, MAX_CONTAINERS_PER_POD)
}
