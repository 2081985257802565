import type { Termination } from '../reports/decideHidden.ts'
import { controllerOf, type OwnerReference, type RawOwnerReference } from '../reports/workload.ts'

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
  qosClass: string | undefined
  priorityClass: string | undefined
}

/** App: of spec.containers. Init: it ends. Sidecar: an init container that stays. Ephemeral: of `kubectl debug`. */
export type ContainerType = 'App' | 'Init' | 'Sidecar' | 'Ephemeral'

/** A container by its name in the pod, and by its id while it runs. */
export interface PodMember {
  name: string
  type: ContainerType
  id?: string
}

export interface CachedContainer {
  id: string
  name: string
  type: ContainerType
  terminations: readonly Termination[]
  /** How often the pod's container had been started anew before this one. */
  restarts: number
  /** undefined where another one runs by now, and nobody saw what this one had. */
  memory: ContainerMemory | undefined
}

/** What a container may use and was promised, as quantities; absent where it is not set. */
export interface ContainerMemory {
  limit: string | undefined
  request: string | undefined
}

/** The fields of a pod (core/v1) that are read, as the apiserver writes them. */
export interface RawPod {
  metadata?: {
    uid?: string
    namespace?: string
    name?: string
    annotations?: Record<string, string>
    labels?: Record<string, string>
    ownerReferences?: readonly RawOwnerReference[]
  }
  spec?: {
    nodeName?: string
    priorityClassName?: string
    containers?: readonly RawContainer[]
    initContainers?: readonly RawContainer[]
    ephemeralContainers?: readonly RawContainer[]
  }
  status?: {
    phase?: string
    qosClass?: string
    containerStatuses?: readonly RawContainerStatus[]
    initContainerStatuses?: readonly RawContainerStatus[]
    ephemeralContainerStatuses?: readonly RawContainerStatus[]
  }
}

interface RawContainer {
  name: string
  /** `Always` makes an init container a sidecar. */
  restartPolicy?: string
  resources?: RawResources
}

interface RawResources {
  limits?: { memory?: string }
  requests?: { memory?: string }
}

interface RawContainerStatus {
  name: string
  containerID?: string
  restartCount?: number
  /** What is in force, which a resize in place changes after the spec. */
  resources?: RawResources
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
  const statuses = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ]
  const specs = [
    ...typed(spec?.containers, () => 'App'),
    ...typed(spec?.initContainers, ({ restartPolicy }) => (restartPolicy === 'Always' ? 'Sidecar' : 'Init')),
    ...typed(spec?.ephemeralContainers, () => 'Ephemeral'),
  ]
  return {
    uid: metadata.uid,
    namespace: metadata.namespace,
    name: metadata.name,
    node: spec?.nodeName ?? '',
    controller: controllerOf(metadata.ownerReferences),
    configHash: metadata.annotations?.['kubernetes.io/config.hash'],
    containers: statuses.flatMap((one) => parseContainers(one, specs)),
    labels: metadata.labels ?? {},
    members: status?.phase === 'Succeeded' || status?.phase === 'Failed' ? [] : parseMembers(specs, statuses),
    qosClass: status?.qosClass,
    priorityClass: spec?.priorityClassName,
  }
}

interface TypedContainer extends RawContainer {
  type: ContainerType
}

function typed(
  containers: readonly RawContainer[] = [],
  typeOf: (container: RawContainer) => ContainerType,
): TypedContainer[] {
  return containers.map((container) => ({ ...container, type: typeOf(container) }))
}

function parseMembers(specs: readonly TypedContainer[], statuses: readonly RawContainerStatus[]): PodMember[] {
  const running = new Map<string, string>()
  for (const { name, containerID = '', state } of statuses) {
    if (state?.running !== undefined && CONTAINER_ID.test(containerID)) running.set(name, bareId(containerID))
  }
  return specs.map(({ name, type }) => {
    const id = running.get(name)
    return id === undefined ? { name, type } : { name, type, id }
  })
}

/** The containers that a status names: the one that is, and the one before it. */
function parseContainers(status: RawContainerStatus, specs: readonly TypedContainer[]): CachedContainer[] {
  const { name, containerID, state, lastState, restartCount = 0 } = status
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
  const { type = 'App', resources: inSpec } = specs.find((one) => one.name === name) ?? {}
  const memory = {
    limit: status.resources?.limits?.memory ?? inSpec?.limits?.memory,
    request: status.resources?.requests?.memory ?? inSpec?.requests?.memory,
  }
  // restartCount is that of the newest one, which comes first.
  return [...byId].map(([id, terminations], age) => ({
    id,
    name,
    type,
    terminations,
    restarts: Math.max(0, restartCount - age),
    memory: age === 0 ? memory : undefined,
  }))
}

/** As containerd, CRI-O and docker give it; no cgroup can be found by another one, of a simulated node say. */
const CONTAINER_ID = /:\/\/[0-9a-f]{64}$/

/** `containerd://4f3…` → `4f3…`. */
function bareId(containerId: string): string {
  return containerId.slice(containerId.indexOf('://') + (containerId.includes('://') ? 3 : 1))
}
