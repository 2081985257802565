import { describe, expect, it } from '@jest/globals'
import { filesOf, FORBIDDEN, meminfo, nodeFiles, pressure, zoneinfo, type FakeFiles } from '../fakeNode.testkit.ts'
import { readNodeSettings } from '../nodeSettings.ts'
import type { Severity } from './check.ts'
import { DEFAULT_EVICTION, type KubeletConfig } from '../kubelet/kubeletConfig.ts'
import { CHECK_GROUPS, judgeNode, KUBELET_GROUP, worstOf, type Verdict } from './checks.ts'

const EVICTION_KIB = 200 * 1024

/** As the documents of Kubernetes would have it. */
const CONFIG: KubeletConfig = {
  eviction: DEFAULT_EVICTION,
  systemReservedKib: 1_048_576,
  kubeReservedKib: 524_288,
  enforceNodeAllocatable: ['pods'],
  failCgroupV1: true,
  failSwapOn: true,
  swapBehavior: 'NoSwap',
  singleProcessOomKill: undefined,
  protectKernelDefaults: false,
  cgroupDriver: 'systemd',
}

function verdictsOn(
  given: FakeFiles,
  evictionKib: number | undefined = EVICTION_KIB,
  config: Partial<KubeletConfig> = {},
): Verdict[] {
  const settings = readNodeSettings(nodeFiles(given))
  if (settings === undefined) throw new Error('expected a node')
  const kubelet = { evictionKib, config: { ...CONFIG, ...config } }
  return judgeNode(settings, kubelet).flatMap(({ verdicts }) => verdicts)
}

function verdictOf(name: string, ...on: Parameters<typeof verdictsOn>): Verdict | undefined {
  return verdictsOn(...on).find((verdict) => verdict.name === name)
}

const vm = (name: string, value: number | string) => ({ [`proc/sys/vm/${name}`]: `${value}\n` })
const V2 = 'sys/fs/cgroup/cgroup.controllers'
const V1 = { [V2]: undefined, 'sys/fs/cgroup/memory/memory.limit_in_bytes': '9\n' }
const SWAP = meminfo({ SwapTotal: 4_000_000, SwapFree: 3_000_000 })

interface Example {
  files: FakeFiles
  severity: Severity
  says: RegExp
  value?: string
  evictionKib?: number
  config?: Partial<KubeletConfig>
}

/** Each check with the settings that it is there for; on a sound node none of them speaks up. */
const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  'vm.overcommit_memory': [
    { files: vm('overcommit_memory', 0), severity: 'warning', says: /RAM and swap together is refused/ },
    { files: vm('overcommit_memory', 2), severity: 'critical', says: /allocations fail in every container/ },
  ],
  'vm.overcommit_ratio': [
    {
      files: vm('overcommit_memory', 2),
      severity: 'warning',
      says: /is 8 GiB of 16 GiB RAM: the rest can never be promised/,
      value: '50 % of RAM',
    },
    {
      files: { ...vm('overcommit_memory', 2), ...vm('overcommit_kbytes', 4_000_000) },
      severity: 'warning',
      says: /CommitLimit/,
      value: 'overcommit_kbytes 4000000',
    },
  ],
  'commit charge': [
    {
      files: { ...vm('overcommit_memory', 2), 'proc/meminfo': meminfo({ Committed_AS: 7_600_000 }) },
      severity: 'warning',
      says: /91 % of CommitLimit \(8 GiB\)\. What asks for more/,
    },
    {
      files: { 'proc/meminfo': meminfo({ Committed_AS: 20_971_520 }) },
      severity: 'note',
      says: /4 GiB would be missing/,
      value: '20 GiB',
    },
  ],
  'vm.panic_on_oom': [
    { files: vm('panic_on_oom', 1), severity: 'critical', says: /^When the node runs out of memory it panics/ },
    { files: vm('panic_on_oom', 2), severity: 'critical', says: /that of one container’s own limit too/ },
  ],
  'kernel.panic': [
    { files: { 'proc/sys/kernel/panic': '0\n' }, severity: 'warning', says: /stands still/, value: '0 (never)' },
    { files: { 'proc/sys/kernel/panic': '60\n' }, severity: 'note', says: /sets 10/, value: '60 s' },
  ],
  'kernel.panic_on_oops': [
    { files: { 'proc/sys/kernel/panic_on_oops': '0\n' }, severity: 'warning', says: /with the locks it held/ },
  ],
  'vm.oom_kill_allocating_task': [
    { files: vm('oom_kill_allocating_task', 1), severity: 'critical', says: /whoever asks dies/ },
  ],
  'vm.oom_dump_tasks': [{ files: vm('oom_dump_tasks', 0), severity: 'warning', says: /without the table/ }],
  'vm.min_free_kbytes': [
    { files: vm('min_free_kbytes', 4096), severity: 'warning', says: /would take 16 MiB/, value: '4096 (4 MiB)' },
    { files: vm('min_free_kbytes', 900_000), severity: 'warning', says: /^5.4 % of RAM .* pods cannot have it/ },
  ],
  'vm.watermark_scale_factor': [
    {
      files: { 'proc/zoneinfo': zoneinfo({ highPages: 110_000 }) },
      severity: 'warning',
      says: /rests at 859 MiB free, 5.2 % of RAM/,
    },
    { files: { 'proc/sys/vm/watermark_scale_factor': undefined }, severity: 'note', says: /before 4\.6/ },
  ],
  'vm.lowmem_reserve_ratio': [
    {
      files: { 'proc/zoneinfo': zoneinfo({ protectionPages: 900_000 }) },
      severity: 'warning',
      says: /keep 2\.9 GiB \(all of DMA32, 2\.9 GiB, in it\) .* That is 18 % of RAM/,
    },
  ],
  'kubelet eviction': [
    // 2 × 6000 pages of min and 8000 kept back are 78.1 MiB; with high for min they are 125 MiB.
    {
      files: {},
      evictionKib: 20_000 * 4,
      severity: 'warning',
      says: /^With about 78\.1 MiB free the kernel refuses .* before the kubelet evicts/,
    },
    { files: {}, evictionKib: 20_001 * 4, severity: 'note', says: /within the watermarks \(125 MiB\)/ },
    { files: { 'proc/zoneinfo': undefined }, severity: 'note', says: /zones are not there/ },
  ],
  swap: [
    { files: { 'proc/meminfo': SWAP }, severity: 'note', says: /LimitedSwap/, value: '3.8 GiB, 2.9 GiB free' },
    { files: { 'proc/meminfo': SWAP, ...V1 }, severity: 'warning', says: /needs v2/ },
    {
      files: { 'proc/meminfo': meminfo({ SwapTotal: 4_000_000, SwapFree: 300_000 }) },
      severity: 'warning',
      says: /Nearly full/,
    },
  ],
  'vm.swappiness': [
    {
      files: { ...vm('swappiness', 0), 'proc/meminfo': SWAP },
      severity: 'warning',
      says: /kills with swap still free/,
    },
  ],
  'cgroup version': [
    { files: V1, severity: 'warning', says: /since 1\.35/, value: 'v1' },
    {
      files: { ...V1, 'sys/fs/cgroup/unified/cgroup.controllers': '\n' },
      severity: 'warning',
      says: /failCgroupV1/,
      value: 'v1 (hybrid)',
    },
    { files: { [V2]: 'cpu pids\n' }, severity: 'critical', says: /has the memory controller/ },
    { files: { [V2]: undefined }, severity: 'critical', says: /containers have no limit/ },
  ],
  'PSI (memory)': [
    { files: { 'proc/pressure/memory': pressure(30, 12.5) }, severity: 'warning', says: /thrashing now/ },
    { files: { 'proc/pressure/memory': undefined }, severity: 'note', says: /psi=1/ },
  ],
  'kernel support': [
    {
      files: { 'proc/sys/kernel/osrelease': '5.15.0-91-generic\n' },
      severity: 'note',
      says: /^By its version it is without memory\.peak: /,
    },
    { files: { 'proc/sys/kernel/osrelease': '4.14.0\n' }, severity: 'warning', says: /the agent is not made for it/ },
    { files: { 'proc/self/oom_score_adj': undefined }, severity: 'critical', says: /nobody can say who goes first/ },
  ],
  'systemReserved, kubeReserved': [
    {
      files: {},
      config: { systemReservedKib: 0, kubeReservedKib: 0 },
      severity: 'warning',
      says: /^Nothing: pods may take all memory/,
      value: 'no memory',
    },
    {
      files: {},
      config: { systemReservedKib: 40_000, kubeReservedKib: 40_000 },
      severity: 'warning',
      says: /^With about 78\.1 MiB free the kernel kills on the whole node, before pods reach their common limit/,
      value: '78.1 MiB',
    },
  ],
  enforceNodeAllocatable: [
    {
      files: {},
      config: { enforceNodeAllocatable: [] },
      severity: 'warning',
      says: /limited by the node’s capacity alone/,
      value: 'none',
    },
    {
      files: {},
      config: { enforceNodeAllocatable: ['pods', 'system-reserved', 'kube-reserved-compressible'] },
      severity: 'warning',
      says: /^system-reserved: the node’s own services hit a memory limit/,
    },
  ],
  'memorySwap.swapBehavior': [
    { files: { 'proc/meminfo': SWAP }, severity: 'warning', says: /does not start again/ },
    { files: {}, config: { swapBehavior: 'LimitedSwap' }, severity: 'note', says: /there is no swap/ },
    {
      files: { 'proc/meminfo': SWAP, ...V1 },
      config: { swapBehavior: 'LimitedSwap', failSwapOn: false },
      severity: 'warning',
      says: /^On cgroup v1 the kubelet takes NoSwap/,
    },
    { files: {}, config: { swapBehavior: 'UnlimitedSwap' }, severity: 'warning', says: /Expected NoSwap or Limited/ },
  ],
  failCgroupV1: [{ files: V1, severity: 'warning', says: /since 1\.35 the kubelet does not start/, value: 'true' }],
  singleProcessOOMKill: [
    { files: {}, config: { singleProcessOomKill: true }, severity: 'warning', says: /Kubernetes shows nothing/ },
    {
      files: V1,
      config: { singleProcessOomKill: false },
      severity: 'warning',
      says: /does not start with that/,
      value: 'false',
    },
  ],
  protectKernelDefaults: [
    {
      files: { ...vm('overcommit_memory', 0), 'proc/sys/kernel/panic': '1\n' },
      config: { protectKernelDefaults: true },
      severity: 'warning',
      says: /: vm\.overcommit_memory is 0, not 1; kernel\.panic is 1, not 10\.$/,
    },
  ],
  cgroupDriver: [
    { files: {}, config: { cgroupDriver: 'cgroupfs' }, severity: 'warning', says: /two have the say over cgroups/ },
    { files: { 'run/systemd/system': undefined }, severity: 'warning', says: /systemd does not run this node/ },
  ],
  'kernel log': [
    { files: { 'dev/kmsg': undefined }, severity: 'warning', says: /cannot run here/ },
    { files: { 'dev/kmsg': FORBIDDEN }, severity: 'note', says: /dmesg_restrict=1/, value: 'no permission' },
  ],
}

const names = Object.keys(EXAMPLES)
const ALL_GROUPS = [...CHECK_GROUPS, KUBELET_GROUP]

describe('the checks of a node’s settings', () => {
  it('have an example each', () => {
    expect(ALL_GROUPS.flatMap(({ checks }) => checks.map(({ name }) => name)).toSorted()).toEqual(names.toSorted())
  })

  it('find a node sound that is set as the kubelet wants it', () => {
    expect(verdictsOn({}).filter(({ severity }) => severity !== 'ok')).toEqual([])
  })

  const cases = names.flatMap((name) => (EXAMPLES[name] ?? []).map((example, at) => ({ name, at: at + 1, ...example })))
  it.each(cases)('$name speaks up: example $at, $severity', ({ name, files, severity, says, value, ...kubelet }) => {
    const verdict = verdictOf(name, files, kubelet.evictionKib, kubelet.config)
    expect(verdict).toMatchObject({ severity, text: expect.stringMatching(says), ...(value && { value }) })
  })

  it.each(names)('%s says what is sound and where that comes from', (name) => {
    const { sound, source, text } = verdictOf(name, {}) ?? {}
    expect([sound, source, text].every((words) => (words?.length ?? 0) > 0)).toBe(true)
  })

  it('find a kubelet that never evicts for memory critical', () => {
    const settings = readNodeSettings(nodeFiles({}))
    if (settings === undefined) throw new Error('expected a node')
    const verdicts = judgeNode(settings, { evictionKib: undefined, config: undefined }).flatMap(
      (group) => group.verdicts,
    )
    expect(verdicts.filter(({ severity }) => severity !== 'ok')).toMatchObject([
      {
        name: 'kubelet eviction',
        value: 'never',
        severity: 'critical',
        text: expect.stringMatching(/by oom_score alone/),
      },
    ])
  })

  it.each([
    [{ 'proc/meminfo': SWAP }, { failSwapOn: false }, 'memorySwap.swapBehavior', /for the node’s services/],
    [
      { 'proc/meminfo': SWAP },
      { failSwapOn: false, swapBehavior: 'LimitedSwap' },
      'memorySwap.swapBehavior',
      /Burstable/,
    ],
    [V1, {}, 'singleProcessOOMKill', /can do no other/],
    [V1, { failCgroupV1: false }, 'failCgroupV1', /starts on cgroup v1/],
    [{}, { protectKernelDefaults: true }, 'protectKernelDefaults', /All that the kubelet wants is set/],
    [{ 'run/systemd/system': undefined }, { cgroupDriver: 'cgroupfs' }, 'cgroupDriver', /One has the say/],
  ])('on %j find a kubelet with %j sound in %s', (files, config, name, says) => {
    expect(verdictOf(name, files, undefined, config)).toMatchObject({
      severity: 'ok',
      text: expect.stringMatching(says),
    })
  })

  it('say of what is not there what that means, and never fail', () => {
    const settings = readNodeSettings(filesOf({ 'proc/meminfo': '' }))
    if (settings === undefined) throw new Error('expected a node')
    const verdicts = judgeNode(settings, { evictionKib: EVICTION_KIB, config: undefined }).flatMap(
      (group) => group.verdicts,
    )
    expect(verdicts.map(({ value }) => value)).toEqual(verdicts.map(() => undefined))
    expect(verdicts.every(({ text }) => text.length > 20)).toBe(true)
  })

  it('take figures for text that are none', () => {
    const files = Object.fromEntries(Object.keys(vm('overcommit_memory', 0)).map((path) => [path, 'one\n']))
    expect(verdictOf('vm.overcommit_memory', files)).toMatchObject({ value: undefined, severity: 'note' })
  })

  it('are without a node where there is no proc file system', () => {
    expect(readNodeSettings(filesOf({}))).toBeUndefined()
  })

  it('know which severity is the worst', () => {
    expect(worstOf(['note', 'critical', 'ok'])).toBe('critical')
    expect(worstOf([])).toBe('ok')
  })
})
