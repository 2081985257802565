import { describe, expect, it } from '@jest/globals'
import { parseKubeletConfig } from './parseKubeletConfig.ts'

const KIND = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' }

function parse(fields: Readonly<Record<string, unknown>>) {
  return parseKubeletConfig({ ...KIND, ...fields })
}

describe('parseKubeletConfig', () => {
  it('takes the kubelet’s own defaults for what the file leaves out', () => {
    expect(parse({})).toEqual({
      eviction: { kind: 'size', kib: 102_400, isDefault: true },
      systemReservedKib: 0,
      kubeReservedKib: 0,
      enforceNodeAllocatable: ['pods'],
      failCgroupV1: true,
      failSwapOn: true,
      swapBehavior: 'NoSwap',
      singleProcessOomKill: undefined,
      protectKernelDefaults: false,
      cgroupDriver: 'cgroupfs',
    })
    const nothing = { evictionHard: null, systemReserved: null, memorySwap: {}, cgroupDriver: '' }
    expect(parse(nothing)).toEqual(parse({}))
  })

  it('takes what the file says', () => {
    const fields = {
      evictionHard: { 'memory.available': '500Mi', 'nodefs.available': '10%' },
      systemReserved: { cpu: '500m', memory: '1Gi' },
      kubeReserved: { memory: 524_288_000 },
      enforceNodeAllocatable: ['pods', 'system-reserved'],
      failCgroupV1: false,
      failSwapOn: false,
      memorySwap: { swapBehavior: 'LimitedSwap' },
      singleProcessOOMKill: true,
      protectKernelDefaults: true,
      cgroupDriver: 'systemd',
    }
    expect(parse(fields)).toEqual({
      eviction: { kind: 'size', kib: 512_000, isDefault: false },
      systemReservedKib: 1_048_576,
      kubeReservedKib: 512_000,
      enforceNodeAllocatable: ['pods', 'system-reserved'],
      failCgroupV1: false,
      failSwapOn: false,
      swapBehavior: 'LimitedSwap',
      singleProcessOomKill: true,
      protectKernelDefaults: true,
      cgroupDriver: 'systemd',
    })
  })

  it.each([
    [{ evictionHard: { 'nodefs.available': '10%' } }, { kind: 'off', because: 'leftOut' }],
    [{ evictionHard: {} }, { kind: 'off', because: 'leftOut' }],
    [{ evictionHard: { 'memory.available': '0%' } }, { kind: 'off', because: 'disabled' }],
    [{ evictionHard: { 'memory.available': '100%' } }, { kind: 'off', because: 'disabled' }],
    [{ evictionHard: { 'memory.available': '5%' } }, { kind: 'share', percent: 5 }],
    [
      { evictionHard: { 'nodefs.available': '10%' }, mergeDefaultEvictionSettings: true },
      { kind: 'size', kib: 102_400, isDefault: true },
    ],
  ])('takes %j for the eviction %j', (fields, eviction) => {
    expect(parse(fields)).toMatchObject({ eviction })
  })

  it('enforces nothing where pods have no cgroups of their own', () => {
    expect(parse({ cgroupsPerQOS: false })).toMatchObject({ enforceNodeAllocatable: [] })
    expect(parse({ enforceNodeAllocatable: [] })).toMatchObject({ enforceNodeAllocatable: [] })
  })

  it.each([
    [undefined, /expected object/],
    ['a text', /expected object/],
    [{ kind: 'Pod' }, /^kind: .*KubeletConfiguration/],
    [{ ...KIND, failSwapOn: 'maybe' }, /^failSwapOn: .*boolean/],
    [{ ...KIND, systemReserved: { memory: 'much' } }, /^systemReserved\.memory: expected an amount of memory/],
    [
      { ...KIND, evictionHard: { 'memory.available': '101%' } },
      /^evictionHard\.memory\.available: expected .* "101%"$/,
    ],
    [{ ...KIND, evictionHard: { 'memory.available': '\u001b[2J' } }, /got "\\x1b\[2J"$/],
  ])('says of %j what is wrong', (document, words) => {
    expect(parseKubeletConfig(document)).toEqual({ problem: expect.stringMatching(words) })
  })
})
