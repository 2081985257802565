import { describe, expect, it } from '@jest/globals'
import { parseCgroupPath } from './path.ts'

const UID = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const UID_UNDERSCORED = UID.replaceAll('-', '_')
const HASH = 'c0ffee00c0ffee00c0ffee00c0ffee00'
const ID = 'ab'.repeat(32)

describe('parseCgroupPath', () => {
  it.each([
    ['containerd, cgroupfs, guaranteed', `/kubepods/pod${UID}/${ID}`, 'Guaranteed'],
    ['containerd, cgroupfs, burstable', `/kubepods/burstable/pod${UID}/${ID}`, 'Burstable'],
    ['containerd, cgroupfs, best effort', `/kubepods/besteffort/pod${UID}/${ID}`, 'BestEffort'],
    [
      'containerd, systemd',
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID_UNDERSCORED}.slice/cri-containerd-${ID}.scope`,
      'Burstable',
    ],
    [
      'containerd, systemd, guaranteed',
      `/kubepods.slice/kubepods-pod${UID_UNDERSCORED}.slice/cri-containerd-${ID}.scope`,
      'Guaranteed',
    ],
    [
      'CRI-O, systemd, a process in the container folder',
      `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UID_UNDERSCORED}.slice/crio-${ID}.scope/container`,
      'BestEffort',
    ],
    ['CRI-O, cgroupfs', `/kubepods/burstable/pod${UID}/crio-${ID}`, 'Burstable'],
    [
      'docker, systemd',
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID_UNDERSCORED}.slice/docker-${ID}.scope`,
      'Burstable',
    ],
    [
      'a kubelet with a cgroup root, systemd',
      `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${UID_UNDERSCORED}.slice/cri-containerd-${ID}.scope`,
      'Burstable',
    ],
    [
      'a node in a container (kind)',
      `/docker/${'cd'.repeat(32)}/kubelet/kubepods/burstable/pod${UID}/${ID}`,
      'Burstable',
    ],
    ['systemd inside the container', `/kubepods/burstable/pod${UID}/${ID}/init.scope`, 'Burstable'],
  ])('reads pod and container: %s', (_name, path, qosClass) => {
    expect(parseCgroupPath(path)).toEqual({ kubepods: true, podUid: UID, containerId: ID, qosClass })
  })

  it('takes the config hash of a static pod for its UID', () => {
    expect(parseCgroupPath(`/kubepods/burstable/pod${HASH}/${ID}`)).toMatchObject({ podUid: HASH, containerId: ID })
  })

  it('reads a pod without a container', () => {
    expect(parseCgroupPath(`/kubepods/burstable/pod${UID}`)).toEqual({
      kubepods: true,
      podUid: UID,
      qosClass: 'Burstable',
    })
  })

  it.each(['/kubepods', '/kubepods/burstable', '/kubepods.slice/kubepods-besteffort.slice'])(
    'knows the ancestor of all pods: %s',
    (path) => {
      expect(parseCgroupPath(path)).toEqual({ kubepods: true })
    },
  )

  it.each([
    '/system.slice/sshd.service',
    '/',
    '',
    '/user.slice/user-1000.slice',
    `/docker/${ID}`,
    `/pod${UID}/${ID}`,
    '/kubepodsx/a',
    '//',
  ])('finds no pod outside of kubepods: %s', (path) => {
    expect(parseCgroupPath(path)).toEqual({ kubepods: false })
  })
})
