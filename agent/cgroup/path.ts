import type { Attribution } from '#contract/killEvent.ts'

export type QosClass = NonNullable<Attribution['qosClass']>

/** What a cgroup path says about the pod it belongs to. Nothing set: outside any pod. */
export interface CgroupPlace {
  /** Below the kubelet's cgroup root, the pods' ancestor included. */
  kubepods: boolean
  podUid?: string
  containerId?: string
  /** Absent where the ancestors that tell it are hidden by a cgroup namespace. */
  qosClass?: QosClass
}

/** cgroupfs driver: `pod<uid>`. Static pods' "uid" is the config hash, 32 hexadecimal digits. */
const POD_FOLDER = /^pod([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/
/**
 * systemd driver: `kubepods[-qos]-pod<uid, dashes as underscores>.slice`, after a parent's name or not. A runtime that
 * takes the kubelet's systemd name without being told of systemd makes one folder of it, `<slice>:<prefix>:<id>`, below
 * its own cgroup (runc libcontainer/cgroups/fs: the name is no absolute path); then without `.slice`, too.
 */
const POD_SLICE =
  /^(?:[A-Za-z0-9_.-]*-)?kubepods(?:-(burstable|besteffort))?-pod([0-9a-f]{8}(?:_[0-9a-f]{4}){3}_[0-9a-f]{12}|[0-9a-f]{32})(?:\.slice|(?:\.slice)?:[a-z-]*:([0-9a-f]{64}))$/
/**
 * `<id>`, `cri-containerd-<id>.scope`, `crio-<id>.scope`, `docker-<id>.scope`; CRI-O's cgroupfs form is `crio-<id>`, that of a
 * Kata sandbox `kata_<id>`. CRI-O may keep its monitor beside the container, `crio-conmon-<id>.scope`: that is none.
 */
const CONTAINER = /^(?!(?:[a-z]+-)?conmon-)(?:[a-z][a-z-]*[-_])?([0-9a-f]{64})(?:\.scope)?$/
const KUBEPODS = /^(?:[A-Za-z0-9_.-]*-)?kubepods(?:-(?:burstable|besteffort))?(?:\.slice)?$/

/**
 * Reads pod UID, container id and QoS class out of a cgroup path of any driver and runtime, below any prefix
 * (a nested kubelet, `--cgroup-root`). Of pods inside a pod it is the outer one, this node's: what is below a container is
 * the container's own doing. Never throws; an unknown path is outside any pod.
 * Source: kubernetes pkg/kubelet/cm/pod_container_manager_linux.go, GetPodContainerName; cgroup_manager_linux.go, ToSystemd.
 */
export function parseCgroupPath(path: string): CgroupPlace {
  const place: CgroupPlace = { kubepods: false }
  const hidden = isAncestorHidden(path)
  let qosClass: QosClass | undefined = hidden ? undefined : 'Guaranteed'
  for (const segment of path.split('/')) {
    if (place.podUid === undefined) {
      const slice = POD_SLICE.exec(segment)
      const folder = place.kubepods || hidden ? POD_FOLDER.exec(segment)?.[1] : undefined
      if (slice?.[2] !== undefined) {
        place.kubepods = true
        place.podUid = slice[2].replaceAll('_', '-')
        place.qosClass = slice[1] === undefined ? 'Guaranteed' : QOS_BY_NAME[slice[1] as QosName]
        if (slice[3] !== undefined) place.containerId = slice[3]
      } else if (folder !== undefined) {
        place.kubepods = true
        place.podUid = folder
        if (qosClass !== undefined) place.qosClass = qosClass
      } else if (KUBEPODS.test(segment)) {
        place.kubepods = true
        qosClass = qosOf(segment) ?? 'Guaranteed'
      } else if (place.kubepods || hidden) {
        qosClass = qosOf(segment) ?? qosClass
      }
    } else if (place.containerId === undefined) {
      const containerId = CONTAINER.exec(segment)?.[1]
      if (containerId !== undefined) place.containerId = containerId
    }
  }
  return place
}

/** The cgroup of the container that a path lies in: what is below is the container's own doing. */
export function containerPathOf(path: string): string | undefined {
  const { containerId } = parseCgroupPath(path)
  if (containerId === undefined) return undefined
  const end = path.indexOf('/', path.indexOf(containerId))
  return end < 0 ? path : path.slice(0, end)
}

/** A pod of podman's own, with the cgroupfs driver, is a folder of its id in here. */
const PODMAN_PARENT = 'libpod_parent'

/** The id of the container that a path is in: of its pod, or, away from Kubernetes, of docker's, podman's or containerd's own. */
export function findContainerId(path: string): string | undefined {
  const { podUid, containerId } = parseCgroupPath(path)
  if (podUid !== undefined) return containerId
  let parent: string | undefined
  for (const segment of path.split('/')) {
    const id = CONTAINER.exec(segment)?.[1]
    if (id !== undefined && !(parent === PODMAN_PARENT && segment === id)) return id
    parent = segment
  }
  return undefined
}

/**
 * Whether a path of /proc/PID/cgroup leads out of the reader's own cgroup namespace, by `..`: the folders above are not
 * told, so that one without a pod may be anywhere. Source: cgroup_namespaces(7).
 */
export function isAncestorHidden(path: string): boolean {
  return path === '/..' || path.startsWith('/../')
}

/** Whether a process of `path` is in `cgroupPath` or below it. */
export function isIn(path: string | undefined, cgroupPath: string): boolean {
  return path === cgroupPath || path?.startsWith(`${cgroupPath}/`) === true
}

const QOS_BY_NAME = { burstable: 'Burstable', besteffort: 'BestEffort' } as const
type QosName = keyof typeof QOS_BY_NAME

function qosOf(segment: string): QosClass | undefined {
  const name = /^(?:.*-)?(burstable|besteffort)(?:\.slice)?$/.exec(segment)?.[1]
  return name === undefined ? undefined : QOS_BY_NAME[name as QosName]
}
