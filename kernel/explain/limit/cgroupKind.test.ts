import { describe, expect, it } from '@jest/globals'
import { classifyCgroup } from './cgroupKind.ts'

const ID = 'ab'.repeat(32)
const POD = 'pod01234567_89ab_cdef_0123_456789abcdef'

describe('classifyCgroup', () => {
  it.each([
    [`/docker/${ID}`, 'Container'],
    [`/system.slice/docker-${ID}.scope`, 'Container'],
    [
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-${POD}.slice/cri-containerd-${ID}.scope`,
      'Container',
    ],
    [`/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-${POD}.slice`, 'Pod'],
    [`/system.slice/containerd.service/kubepods-burstable-${POD}.slice:cri-containerd:${ID}`, 'Container'],
    [`/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-${POD}.slice/crio-conmon-${ID}.scope`, 'Pod'],
    [`/system.slice/crio-conmon-${ID}.scope`, 'Cgroup'],
    [`/kubepods/burstable/${POD.replaceAll('_', '-')}`, 'Pod'],
    ['/kubepods.slice', 'Kubepods'],
    ['/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice', 'Kubepods'],
    ['/kubepods/burstable', 'Kubepods'],
    ['/system.slice/nginx.service', 'Cgroup'],
    ['/', 'Cgroup'],
    ['', 'Cgroup'],
  ])('takes %s for a %s', (path, kind) => {
    expect(classifyCgroup(path).kind).toBe(kind)
  })
})
