import { describe, expect, it } from '@jest/globals'
import { loadKubeletConfig } from './loadKubeletConfig.ts'

const HEAD = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n'

describe('loadKubeletConfig', () => {
  it('reads YAML as the kubelet does, and JSON', () => {
    const yaml = `${HEAD}failSwapOn: no\nevictionHard: { memory.available: 5% }\nkubeReserved:\n  cpu: 1\n  memory: 1Gi\n`
    expect(loadKubeletConfig(yaml)).toMatchObject({
      failSwapOn: false,
      eviction: { kind: 'share', percent: 5 },
      kubeReservedKib: 1_048_576,
    })
    expect(loadKubeletConfig('{"kind": "KubeletConfiguration", "cgroupDriver": "systemd"}')).toMatchObject({
      cgroupDriver: 'systemd',
    })
  })

  it('says no more of what came than fits a line or two', () => {
    const long = loadKubeletConfig(`${HEAD}evictionHard: { memory.available: ${'x'.repeat(100_000)} }\n`)
    expect(long).toEqual({ problem: expect.stringMatching(/^evictionHard\.memory\.available: expected .{1,160}…$/) })
  })

  it('says in one line what is none', () => {
    expect(loadKubeletConfig(`${HEAD}a: [1\nb: }\n`)).toEqual({
      problem: expect.stringMatching(/^it is no YAML: [^\n]{5,100}$/),
    })
    expect(loadKubeletConfig('')).toEqual({ problem: expect.stringMatching(/\S/) })
    expect(loadKubeletConfig('\0')).toEqual({ problem: expect.stringMatching(/\S/) })
  })
})
