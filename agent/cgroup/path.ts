import type { Attribution } from '#contract/killEvent.ts'

export type QosClass = NonNullable<Attribution['qosClass']>

/** What a cgroup path says about the pod it belongs to. Nothing set: outside any pod. */
export interface CgroupPlace {
  /** Below the kubelet's cgroup root, the pods' ancestor included. */
  kubepods: boolean
  podUid?: string
  containerId?: string
  qosClass?: QosClass
}

/** cgroupfs driver: `pod<uid>`. Static pods' "uid" is the config hash, 32 hexadecimal digits. */
const POD_FOLDER = /^pod([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/
/** systemd driver: `kubepods[-qos]-pod<uid, dashes as underscores>.slice`, nested below a parent's name or not. */
const POD_SLICE = /-pod([0-9a-f]{8}(?:_[0-9a-f]{4}){3}_[0-9a-f]{12}|[0-9a-f]{32})\.slice$/
/** `<id>`, `cri-containerd-<id>.scope`, `crio-<id>.scope`, `docker-<id>.scope`; CRI-O's cgroupfs form is `crio-<id>`. */
const CONTAINER = /^(?:[a-z][a-z-]*-)?([0-9a-f]{64})(?:\.scope)?$/
const KUBEPODS = /^(?:[a-z0-9_.-]*-)?kubepods(?:-(?:burstable|besteffort))?(?:\.slice)?$/

/**
 * Reads pod UID, container id and QoS class out of a cgroup path of any driver and runtime, below any prefix
 * (a nested kubelet, `--cgroup-root`). Never throws; an unknown path is outside any pod.
 * Source: kubernetes pkg/kubelet/cm/pod_container_manager_linux.go, GetPodContainerName.
 */
export function parseCgroupPath(path: string): CgroupPlace {
  const place: CgroupPlace = { kubepods: false }
  let qosClass: QosClass = 'Guaranteed'
  for (const segment of path.split('/')) {
    if (place.podUid === undefined) {
      const podUid = POD_FOLDER.exec(segment)?.[1] ?? POD_SLICE.exec(segment)?.[1]?.replaceAll('_', '-')
      if (podUid !== undefined && place.kubepods) {
        place.podUid = podUid
        place.qosClass = segment.includes('burstable-pod')
          ? 'Burstable'
          : segment.includes('besteffort-pod')
            ? 'BestEffort'
            : qosClass
      } else if (KUBEPODS.test(segment)) {
        place.kubepods = true
        qosClass = qosOf(segment) ?? qosClass
      } else if (place.kubepods) {
        qosClass = qosOf(segment) ?? qosClass
      }
    } else if (place.containerId === undefined) {
      const containerId = CONTAINER.exec(segment)?.[1]
      if (containerId !== undefined) place.containerId = containerId
    }
  }
  return place
}

function qosOf(segment: string): QosClass | undefined {
  if (segment === 'burstable' || segment.endsWith('-burstable.slice')) return 'Burstable'
  if (segment === 'besteffort' || segment.endsWith('-besteffort.slice')) return 'BestEffort'
  return undefined
}
