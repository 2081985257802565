import { describe, expect, it } from '@jest/globals'
import type { PodMember } from '../runtime/pod.ts'
import { policyPodOf } from '../testing/policies.ts'
import { kubeletScore } from './kubeletScore.ts'
import type { PolicyPod } from './selection.ts'

const CAPACITY_KIB = 4 * 1024 ** 2

function scoreOf(request: string | undefined, pod: Partial<PolicyPod> = {}, type: PodMember['type'] = 'App'): number {
  const member: PodMember = { name: 'x', type, memory: { limit: undefined, request } }
  return kubeletScore(policyPodOf(pod), member, CAPACITY_KIB)
}

describe('kubeletScore', () => {
  it.each<[string, string | undefined, Partial<PolicyPod>, number]>([
    ['Guaranteed', '1Gi', { qosClass: 'Guaranteed' }, -997],
    ['critical to its node', undefined, { priorityClass: 'system-node-critical' }, -997],
    ['BestEffort', undefined, { qosClass: 'BestEffort' }, 1000],
    ['Burstable, by the share that it requests', '1Gi', {}, 750],
    ['Burstable, of a request that is hardly any', '1Mi', {}, 999],
    ['Burstable without a request', undefined, {}, 999],
    ['Burstable, of a request for all', '4Gi', {}, 3],
  ])('is that of a pod that is %s', (_what, request, pod, expected) => {
    expect(scoreOf(request, pod)).toBe(expected)
  })

  it('is for a sidecar as low as the highest of the pod’s containers have it', () => {
    const main: PodMember = { name: 'app', type: 'App', memory: { limit: undefined, request: '2Gi' } }
    expect(scoreOf('1Gi', { members: [main] }, 'Sidecar')).toBe(500)
    expect(scoreOf('3Gi', { members: [main] }, 'Sidecar')).toBe(250)
  })

  it('is the highest of the class where the node’s memory is not known', () => {
    const [member] = policyPodOf().members
    expect(member && kubeletScore(policyPodOf(), member, undefined)).toBe(999)
  })
})
