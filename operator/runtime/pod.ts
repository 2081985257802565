import type { Termination } from '../reports/decideHidden.ts'
import type { OwnerReference } from '../reports/workload.ts'

/** What the operator remembers of a pod: the rest of its 16 KiB is dropped. */
export interface CachedPod {
  uid: string
  namespace: string
  name: string
  /** The node it is bound to; empty until it is. */
  node: string
  controller: OwnerReference | undefined
  /** Of a static pod's mirror: its UID on the node, which the cgroup path shows. */
  configHash: string | undefined
  /** Every container that its status ever named, newest first. */
  containers: readonly CachedContainer[]
  labels: Readonly<Record<string, string>>
  /** The containers that are or may come to be, init and ephemeral ones too; none of a pod that has ended. */
  members: readonly PodMember[]
}

/** A container by its name in the pod, and by its id while it runs. */
export interface PodMember {
  name: string
  id?: string
}

export interface CachedContainer {
  id: string
  name: string
  terminations: readonly Termination[]
}

/** The fields of a pod (core/v1) that are read, as the apiserver writes them. */
export interface RawPod {
  metadata?: {
    uid?: string
    namespace?: string
    name?: string
    annotations?: Record<string, string>
    labels?: Record<string, string>
    ownerReferences?: readonly (OwnerReference & { controller?: boolean })[]
  }
  spec?: {
    nodeName?: string
    containers?: readonly { name: string }[]
    initContainers?: readonly { name: string }[]
    ephemeralContainers?: readonly { name: string }[]
  }
  status?: {
    phase?: string
    containerStatuses?: readonly RawContainerStatus[]
    initContainerStatuses?: readonly RawContainerStatus[]
    ephemeralContainerStatuses?: readonly RawContainerStatus[]
  }
}

interface RawContainerStatus {
  name: string
  containerID?: string
  state?: RawContainerState
  lastState?: RawContainerState
}

interface RawContainerState {
  running?: object
  terminated?: { containerID?: string; reason?: string; finishedAt?: string }
}

/** Trims a pod. @returns undefined when it has no identity, which the apiserver never sends. */
export function parsePod({ metadata, spec, status }: RawPod): CachedPod | undefined {
  if (metadata?.uid === undefined || metadata.namespace === undefined || metadata.name === undefined) return undefined
  const controller = metadata.ownerReferences?.find((reference) => reference.controller === true)
  const statuses = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ]
  return {
    uid: metadata.uid,
    namespace: metadata.namespace,
    name: metadata.name,
    node: spec?.nodeName ?? '',
    controller:
      controller === undefined
        ? undefined
        : { apiVersion: controller.apiVersion, kind: controller.kind, name: controller.name, uid: controller.uid },
    configHash: metadata.annotations?.['kubernetes.io/config.hash'],
    containers: statuses.flatMap(parseContainers),
    labels: metadata.labels ?? {},
    members: status?.phase === 'Succeeded' || status?.phase === 'Failed' ? [] : parseMembers(spec, statuses),
  }
}

function parseMembers(spec: RawPod['spec'], statuses: readonly RawContainerStatus[]): PodMember[] {
  const running = new Map<string, string>()
  for (const { name, containerID = '', state } of statuses) {
    if (state?.running !== undefined && CONTAINER_ID.test(containerID)) running.set(name, bareId(containerID))
  }
  const specs = [spec?.containers, spec?.initContainers, spec?.ephemeralContainers]
  return specs.flatMap((containers = []) =>
    containers.map(({ name }) => {
      const id = running.get(name)
      return id === undefined ? { name } : { name, id }
    }),
  )
}

/** The containers that a status names: the one that is, and the one before it. */
function parseContainers({ name, containerID, state, lastState }: RawContainerStatus): CachedContainer[] {
  const byId = new Map<string, Termination[]>()
  if (containerID) byId.set(bareId(containerID), [])
  for (const terminated of [state?.terminated, lastState?.terminated]) {
    if (!terminated?.containerID) continue
    const id = bareId(terminated.containerID)
    const terminations = byId.get(id) ?? []
    const { reason = '', finishedAt } = terminated
    if (finishedAt) terminations.push({ reason, finishedAt })
    byId.set(id, terminations)
  }
  return [...byId].map(([id, terminations]) => ({ id, name, terminations }))
}

/** As containerd, CRI-O and docker give it; no cgroup can be found by another one, of a simulated node say. */
const CONTAINER_ID = /:\/\/[0-9a-f]{64}$/

/** `containerd://4f3…` → `4f3…`. */
function bareId(containerId: string): string {
  return containerId.slice(containerId.indexOf('://') + (containerId.includes('://') ? 3 : 1))
}
