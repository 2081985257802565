import { describe, expect, it } from '@jest/globals'
import { containerPathOf, findContainerId, parseCgroupPath, type QosClass } from './path.ts'

const UID = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const SLICE_UID = UID.replaceAll('-', '_')
const HASH = 'c0ffee00c0ffee00c0ffee00c0ffee00'
const ID = 'ab'.repeat(32)
/** Of a container that the node itself is in, or of one inside the pod's. */
const OTHER_ID = 'cd'.repeat(32)
const OTHER_UID = '11111111-2222-3333-4444-555555555555'

const GUARANTEED = `kubepods-pod${SLICE_UID}.slice`
const BURSTABLE = `kubepods-burstable-pod${SLICE_UID}.slice`
const BEST_EFFORT = `kubepods-besteffort-pod${SLICE_UID}.slice`
const BURSTABLE_PATH = `/kubepods.slice/kubepods-burstable.slice/${BURSTABLE}`

/** As the runtimes make them, and as kernel and /proc print them. */
const CONTAINERS: readonly [name: string, path: string, qosClass: QosClass | undefined][] = [
  // cgroupfs driver, v1 and v2 alike
  ['containerd, cgroupfs, guaranteed', `/kubepods/pod${UID}/${ID}`, 'Guaranteed'],
  ['containerd, cgroupfs, burstable', `/kubepods/burstable/pod${UID}/${ID}`, 'Burstable'],
  ['containerd, cgroupfs, best effort', `/kubepods/besteffort/pod${UID}/${ID}`, 'BestEffort'],
  ['cri-dockerd, cgroupfs', `/kubepods/besteffort/pod${UID}/${ID}`, 'BestEffort'],
  ['CRI-O, cgroupfs', `/kubepods/burstable/pod${UID}/crio-${ID}`, 'Burstable'],
  ['a Kata sandbox, cgroupfs', `/kubepods/burstable/pod${UID}/kata_${ID}`, 'Burstable'],
  // systemd driver
  ['containerd, systemd, guaranteed', `/kubepods.slice/${GUARANTEED}/cri-containerd-${ID}.scope`, 'Guaranteed'],
  ['containerd, systemd, burstable', `${BURSTABLE_PATH}/cri-containerd-${ID}.scope`, 'Burstable'],
  [
    'containerd, systemd, best effort',
    `/kubepods.slice/kubepods-besteffort.slice/${BEST_EFFORT}/cri-containerd-${ID}.scope`,
    'BestEffort',
  ],
  ['docker, systemd', `${BURSTABLE_PATH}/docker-${ID}.scope`, 'Burstable'],
  ['docker that is not told of systemd, below a systemd kubelet', `${BURSTABLE_PATH}/${ID}`, 'Burstable'],
  ['CRI-O, systemd', `${BURSTABLE_PATH}/crio-${ID}.scope`, 'Burstable'],
  ['CRI-O with crun on v2, which adds a folder', `${BURSTABLE_PATH}/crio-${ID}.scope/container`, 'Burstable'],
  // a kubelet that speaks systemd to a runtime that does not
  [
    'a systemd kubelet over cgroupfs containerd',
    `/system.slice/containerd.service/${BURSTABLE}:cri-containerd:${ID}`,
    'Burstable',
  ],
  ['the same, containerd at the root', `/${BEST_EFFORT}:cri-containerd:${ID}`, 'BestEffort'],
  ['the same, guaranteed', `/system.slice/k3s.service/${GUARANTEED}:cri-containerd:${ID}`, 'Guaranteed'],
  [
    'the same, a snap',
    `/system.slice/snap.microk8s.daemon-kubelite.service/${BURSTABLE}:cri-containerd:${ID}`,
    'Burstable',
  ],
  [
    'the same, and no word of a slice',
    `/kuberuntime/containerd/kubepods-pod${SLICE_UID}:cri-containerd:${ID}`,
    'Guaranteed',
  ],
  ['a systemd kubelet over cgroupfs CRI-O', `/system.slice/crio.service/${BURSTABLE}:crio:${ID}`, 'Burstable'],
  // kubelet --cgroup-root
  ['a cgroup root, cgroupfs', `/cluster/kubepods/burstable/pod${UID}/${ID}`, 'Burstable'],
  [
    'a cgroup root, systemd',
    `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-${BURSTABLE}/cri-containerd-${ID}.scope`,
    'Burstable',
  ],
  [
    'a cgroup root of two, systemd',
    `/Cluster.slice/Cluster-a_b.slice/Cluster-a_b-kubepods.slice/Cluster-a_b-${GUARANTEED}/crio-${ID}.scope`,
    'Guaranteed',
  ],
  ['a cgroup root, systemd over cgroupfs', `/kubelet-${BURSTABLE}:cri-containerd:${ID}`, 'Burstable'],
  // nested
  [
    'a node in a container (kind), cgroupfs',
    `/docker/${OTHER_ID}/kubelet/kubepods/burstable/pod${UID}/${ID}`,
    'Burstable',
  ],
  [
    'a node in a container (kind), systemd',
    `/system.slice/docker-${OTHER_ID}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-${BEST_EFFORT}/cri-containerd-${ID}.scope`,
    'BestEffort',
  ],
  [
    'a rootless node',
    `/user.slice/user-1000.slice/user@1000.service/user.slice/k3s-rootless.scope/kubepods/burstable/pod${UID}/${ID}`,
    'Burstable',
  ],
  [
    'a node in a container of podman (kind)',
    `/machine.slice/libpod-${OTHER_ID}.scope/container/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-${BURSTABLE}/cri-containerd-${ID}.scope`,
    'Burstable',
  ],
  ['a node in a container (k3d)', `/docker/${OTHER_ID}/kubepods/besteffort/pod${UID}/${ID}`, 'BestEffort'],
  [
    'a node in a container (minikube)',
    `/system.slice/docker-${OTHER_ID}.scope${BURSTABLE_PATH}/cri-containerd-${ID}.scope`,
    'Burstable',
  ],
  [
    'a node in a machine of systemd, whose name is escaped',
    `/machine.slice/machine-node\\x2d1.scope/payload${BURSTABLE_PATH}/crio-${ID}.scope`,
    'Burstable',
  ],
  ['a node in a container of LXD', `/lxc.payload.node-1/kubepods/burstable/pod${UID}/${ID}`, 'Burstable'],
  ['a node in a virtual machine of docker', `/podruntime/docker/kubepods/burstable/pod${UID}/${ID}`, 'Burstable'],
  ['a cgroup root in a cgroup root', `/kubepods/kubepods/burstable/pod${UID}/${ID}`, 'Burstable'],
  ['systemd inside the container', `/kubepods/burstable/pod${UID}/${ID}/init.scope`, 'Burstable'],
  [
    'a unit of systemd inside the container',
    `${BURSTABLE_PATH}/cri-containerd-${ID}.scope/system.slice/nginx.service`,
    'Burstable',
  ],
  [
    'Sysbox, which adds a folder for the container’s own root',
    `${BURSTABLE_PATH}/crio-${ID}.scope/syscont-cgroup-root/init.scope`,
    'Burstable',
  ],
  [
    'a cgroup of the container’s own, with a space and a colon',
    `/kubepods/burstable/pod${UID}/${ID}/build 1:2`,
    'Burstable',
  ],
  [
    'what a Kata sandbox takes beside its virtual machine',
    `/kata_overhead/kubepods/burstable/pod${UID}/${ID}`,
    'Burstable',
  ],
  ['docker inside the container', `/kubepods/burstable/pod${UID}/${ID}/docker/${OTHER_ID}`, 'Burstable'],
  [
    'a node inside a pod: the pod of this node',
    `/kubepods/pod${UID}/${ID}/kubelet/kubepods/burstable/pod${OTHER_UID}/${OTHER_ID}`,
    'Guaranteed',
  ],
  // seen from inside a cgroup namespace
  ['hidden ancestors, systemd', `/../../${BEST_EFFORT}/cri-containerd-${ID}.scope`, 'BestEffort'],
  ['hidden ancestors, systemd over cgroupfs', `/../../${BURSTABLE}:cri-containerd:${ID}`, 'Burstable'],
  ['hidden ancestors, cgroupfs', `/../../pod${UID}/${ID}`, undefined],
  ['hidden ancestors, cgroupfs, another QoS class', `/../../../besteffort/pod${UID}/${ID}`, 'BestEffort'],
]

describe('parseCgroupPath', () => {
  it.each(CONTAINERS)('reads pod and container: %s', (_name, path, qosClass) => {
    expect(parseCgroupPath(path)).toEqual({
      kubepods: true,
      podUid: UID,
      containerId: ID,
      ...(qosClass && { qosClass }),
    })
  })

  it.each([
    ['cgroupfs', `/kubepods/burstable/pod${HASH}/${ID}`],
    ['systemd', `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${HASH}.slice/crio-${ID}.scope`],
    [
      'systemd over cgroupfs',
      `/system.slice/containerd.service/kubepods-burstable-pod${HASH}.slice:cri-containerd:${ID}`,
    ],
    ['a node in a container', `/docker/${OTHER_ID}/kubelet/kubepods/burstable/pod${HASH}/${ID}`],
  ])('takes the config hash of a static pod for its UID: %s', (_driver, path) => {
    expect(parseCgroupPath(path)).toMatchObject({ podUid: HASH, containerId: ID, qosClass: 'Burstable' })
  })

  it.each([
    ['its own cgroup, cgroupfs', `/kubepods/burstable/pod${UID}`],
    ['its own cgroup, systemd', BURSTABLE_PATH],
    ['the monitor of a container, systemd', `${BURSTABLE_PATH}/crio-conmon-${ID}.scope`],
    ['the monitor of a container, cgroupfs', `/kubepods/burstable/pod${UID}/crio-conmon-${ID}`],
    ['a folder that is no container', `/kubepods/burstable/pod${UID}/kata_overhead`],
  ])('reads a pod without a container: %s', (_name, path) => {
    expect(parseCgroupPath(path)).toEqual({ kubepods: true, podUid: UID, qosClass: 'Burstable' })
  })

  it.each([
    '/kubepods',
    '/kubepods/burstable',
    '/kubepods.slice/kubepods-besteffort.slice',
    '/a.slice/a-kubepods.slice',
  ])('knows the ancestor of all pods: %s', (path) => {
    expect(parseCgroupPath(path)).toEqual({ kubepods: true })
  })

  it.each([
    '/system.slice/sshd.service',
    '/system.slice/kubelet.service',
    '/system.slice/containerd.service',
    `/system.slice/crio-conmon-${ID}.scope`,
    '/runtime.slice/containerd.service',
    '/init.scope',
    '/podruntime/kubelet',
    '/podruntime/runtime',
    '/system/runtime',
    '/runtime.slice/kubelet.service',
    '/system.slice/snap.microk8s.daemon-kubelite.service',
    '/system.slice/system-getty.slice/getty@tty1.service',
    '/machine.slice/machine-qemu\\x2d1\\x2dnode.scope/libvirt/emulator',
    '/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome\\x2dterminal.scope',
    `/kata_overhead/${ID}`,
    `/k8s.io/${ID}`,
    `/system.slice:docker:${ID}`,
    '/',
    '',
    '/user.slice/user-1000.slice/session-3.scope',
    `/docker/${ID}`,
    `/system.slice/docker-${ID}.scope`,
    `/machine.slice/libpod-${ID}.scope/container`,
    `/pod${UID}/${ID}`,
    `/system.slice/kubepods-exporter.service/pod${UID}/${ID}`,
    `/x${BURSTABLE}`,
    `/my${GUARANTEED}/crio-${ID}.scope`,
    `/besteffort/pod${UID}`,
    `/kubepodsx/pod${UID}`,
    '//',
    '/..',
    `/../${ID}`,
    '/../../../init.scope',
  ])('finds no pod outside of kubepods: %s', (path) => {
    expect(parseCgroupPath(path)).toEqual({ kubepods: false })
  })
})

describe('containerPathOf', () => {
  it.each([
    [`/kubepods/burstable/pod${UID}/${ID}/init.scope`, `/kubepods/burstable/pod${UID}/${ID}`],
    [`/kubepods/pod${UID}/${ID}`, `/kubepods/pod${UID}/${ID}`],
    [`${BURSTABLE_PATH}/crio-${ID}.scope/container`, `${BURSTABLE_PATH}/crio-${ID}.scope`],
    [
      `/docker/${OTHER_ID}/kubelet/kubepods/pod${UID}/${ID}/x/${OTHER_ID}`,
      `/docker/${OTHER_ID}/kubelet/kubepods/pod${UID}/${ID}`,
    ],
    [`/kubepods/pod${UID}`, undefined],
    ['/system.slice/sshd.service', undefined],
  ])('of %s is %s', (path, container) => {
    expect(containerPathOf(path)).toBe(container)
  })
})

describe('findContainerId', () => {
  it.each([
    [`/docker/${'ab'.repeat(32)}`, 'ab'.repeat(32)],
    [`/machine.slice/libpod-${'ab'.repeat(32)}.scope/container`, 'ab'.repeat(32)],
    [`/machine.slice/machine-libpod_pod_${'cd'.repeat(32)}.slice/libpod-${'ab'.repeat(32)}.scope`, 'ab'.repeat(32)],
    [`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${'ab'.repeat(32)}.scope`, 'ab'.repeat(32)],
    [`/libpod_parent/${'cd'.repeat(32)}/libpod-${'ab'.repeat(32)}`, 'ab'.repeat(32)],
    [`/libpod_parent/libpod-${'ab'.repeat(32)}`, 'ab'.repeat(32)],
    [`/k8s.io/${'ab'.repeat(32)}`, 'ab'.repeat(32)],
    [`/system.slice/docker-${'ab'.repeat(32)}.scope/docker/${'cd'.repeat(32)}`, 'ab'.repeat(32)],
    [`/kubepods/pod0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60/${'cd'.repeat(32)}`, 'cd'.repeat(32)],
    ['/system.slice/docker.service', undefined],
    ['/kubepods/pod0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60', undefined],
    [`/machine.slice/libpod-conmon-${'ab'.repeat(32)}.scope`, undefined],
  ])('of %s is %s', (path, id) => {
    expect(findContainerId(path)).toBe(id)
  })
})
