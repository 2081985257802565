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
  runtimeClass: string | undefined
  /** Of the pod as a whole, as a quantity: absent where its containers have their own, or none. */
  memoryLimit: string | undefined
  /** When it was made, in seconds since 1970; 0 where that is not known. */
  createdSeconds: number
}

/** As the pod's node calls it, in its cgroup paths too: of a static pod, by the hash of its configuration. */
export function podUidOnNode({ uid, configHash }: Pick<CachedPod, 'uid' | 'configHash'>): string {
  return configHash ?? uid
}

/** App: of spec.containers. Init: it ends. Sidecar: an init container that stays. Ephemeral: of `kubectl debug`. */
export type ContainerType = 'App' | 'Init' | 'Sidecar' | 'Ephemeral'

/** A container by its name in the pod, and by its id while it runs. */
export interface PodMember {
  name: string
  type: ContainerType
  id?: string
  /** undefined where it has neither. */
  memory?: ContainerMemory | undefined
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
    creationTimestamp?: string
    annotations?: Record<string, string>
    labels?: Record<string, string>
    ownerReferences?: readonly RawOwnerReference[]
  }
  spec?: {
    nodeName?: string
    priorityClassName?: string
    runtimeClassName?: string
    resources?: RawResources
    containers?: readonly RawContainer[]
    initContainers?: readonly RawContainer[]
    ephemeralContainers?: readonly RawContainer[]
  }
  status?: {
    phase?: string
    qosClass?: string
    podIPs?: readonly { ip?: string }[]
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
    runtimeClass: spec?.runtimeClassName,
    memoryLimit: spec?.resources?.limits?.memory,
    createdSeconds: Math.floor(Date.parse(metadata.creationTimestamp ?? '') / 1000) || 0,
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
  const running = new Map<string, RawContainerStatus & { id: string }>()
  for (const one of statuses) {
    const { name, containerID = '', state } = one
    if (state?.running !== undefined && CONTAINER_ID.test(containerID))
      running.set(name, { ...one, id: bareId(containerID) })
  }
  return specs.map((spec) => {
    const { name, type } = spec
    const status = running.get(name)
    const memory = memoryOf(status, spec)
    return {
      name,
      type,
      ...(status !== undefined && { id: status.id }),
      ...((memory.limit !== undefined || memory.request !== undefined) && { memory }),
    }
  })
}

/** What is in force goes before what is asked for. */
function memoryOf(status: RawContainerStatus | undefined, spec: Partial<RawContainer>): ContainerMemory {
  return {
    limit: status?.resources?.limits?.memory ?? spec.resources?.limits?.memory,
    request: status?.resources?.requests?.memory ?? spec.resources?.requests?.memory,
  }
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
  const { type = 'App', ...spec } = specs.find((one) => one.name === name) ?? {}
  const memory = memoryOf(status, spec)
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
