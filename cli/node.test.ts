import { describe, expect, it } from '@jest/globals'
import { filesOf, FORBIDDEN, meminfo, nodeFiles, zoneinfo, type FakeFiles } from '../agent/node/fakeNode.testkit.ts'
import { loadKubeletConfig } from '../agent/node/kubelet/loadKubeletConfig.ts'
import { parseFlags } from '#program/flags.ts'
import { node, type NodeAnswer } from './node.ts'
import { nodeFlags } from './nodeFlags.ts'

function runNode(given: FakeFiles, argv: readonly string[] = [], hasColor = false): Promise<NodeAnswer> {
  const parsed = parseFlags('node', nodeFlags, argv, {})
  if (parsed.kind !== 'values') throw new Error(`expected values, got ${parsed.kind}`)
  return node(parsed.values, {
    openRoot: () => nodeFiles(given),
    loadKubeletConfig: (text) => Promise.resolve(loadKubeletConfig(text)),
    hasColor,
  })
}

const CONFIG = 'var/lib/kubelet/config.yaml'
const configured = (yaml: string) => ({ [CONFIG]: `kind: KubeletConfiguration\n${yaml}` })

const SOUND = ['--eviction-hard', '500Mi']
const WARNING = { 'proc/sys/vm/oom_dump_tasks': '0\n' }
const CRITICAL = { ...WARNING, 'proc/sys/vm/panic_on_oom': '2\n' }
const NOTE = { 'proc/pressure/memory': undefined }

describe('oomkeeper node', () => {
  it('shows the machine, how many settings are sound, each of them and the zones, in 80 columns', async () => {
    const { text, exitCode } = await runNode({ ...CRITICAL, ...NOTE }, SOUND)
    const lines = text.split('\n')
    expect(lines.slice(0, 3)).toEqual([
      'Linux 6.12.9-generic, 16 GiB of RAM (8.6 GiB available), no swap',
      '15 of 18 sound for Kubernetes; 1 critical setting, 1 warning, 1 note.',
      'The kubelet’s defaults are taken; /var/lib/kubelet/config.yaml: there is none.',
    ])
    expect(lines).toContain('  ✓ vm.overcommit_memory         1 (grants all)')
    expect(lines).toContain('  ✗ vm.panic_on_oom              2                                      critical')
    expect(lines).toContain('  · PSI (memory)                 not there                              note')
    expect(lines).toContain('  0 DMA32       19.5 MiB   23.4 MiB   35.2 MiB   46.9 MiB    2.9 GiB   31.3 MiB')
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    expect(exitCode).toBe(4)
  })

  it('keeps to 80 columns and to printable text, whatever the files say', async () => {
    const files = { 'proc/sys/kernel/osrelease': `6.1\u001b[31m${'x'.repeat(200)}\n` }
    const { text } = await runNode(files, ['--verbose'])
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect(text).not.toContain('\u001b')
  })

  it.each([
    [{}, [], 1],
    [{}, SOUND, 0],
    [NOTE, SOUND, 0],
    [NOTE, [...SOUND, '--fail-on', 'note'], 1],
    [WARNING, SOUND, 1],
    [WARNING, [...SOUND, '--fail-on', 'critical'], 0],
    [CRITICAL, [...SOUND, '--fail-on', 'critical'], 4],
    [CRITICAL, ['--fail-on', 'never'], 0],
  ])('on %j with %j ends with exit code %d', async (files, argv, exitCode) => {
    // 100Mi of the kubelet’s default are within the watermarks of these zones.
    const zones = { 'proc/zoneinfo': zoneinfo({ minPages: 9000 }) }
    expect((await runNode({ ...zones, ...files }, argv)).exitCode).toBe(exitCode)
  })

  it('colours on a terminal that has colours, unless asked not to', async () => {
    expect((await runNode({}, [], true)).text).toContain('\u001b[32m')
    expect((await runNode({}, ['--no-color'], true)).text).not.toContain('\u001b')
  })

  it('tells programs the same, with the numbers and the sources', async () => {
    const { text } = await runNode({ ...CRITICAL, ...NOTE }, ['--output', 'json', ...SOUND])
    const report = JSON.parse(text) as { checks: { name: string }[] }
    expect(report).toMatchObject({
      version: 1,
      severity: 'critical',
      kernelRelease: '6.12.9-generic',
      evictionKib: 512_000,
      meminfo: { memTotalKib: 16_777_216 },
      zones: [{ name: 'DMA32', minPages: 6000 }, { name: 'Normal' }],
    })
    expect(report.checks.find(({ name }) => name === 'vm.panic_on_oom')).toMatchObject({
      group: 'What happens when nothing is left',
      value: '2',
      severity: 'critical',
      figures: { panicOnOom: 2 },
      source: expect.stringContaining('mm/oom_kill.c'),
    })
    expect(report.checks.find(({ name }) => name === 'PSI (memory)')).toMatchObject({ value: null })
  })

  it('shows swap where there is some', async () => {
    const files = { 'proc/meminfo': meminfo({ SwapTotal: 2_097_152, SwapFree: 2_097_152 }) }
    expect((await runNode(files)).text).toMatch(/^Linux .*, 2 GiB of swap$/m)
  })

  it('says what is no node', async () => {
    const parsed = parseFlags('node', nodeFlags, ['--root', '/srv'], {})
    if (parsed.kind !== 'values') throw new Error('expected values')
    const { values } = parsed
    const loadNone = () => Promise.reject(new Error('expected no call'))
    await expect(
      node(values, { openRoot: () => filesOf({}), loadKubeletConfig: loadNone, hasColor: false }),
    ).rejects.toThrow('--root: expected the root folder of a node, got: /srv without proc/meminfo')
  })

  it('judges by the kubelet’s configuration where it is there', async () => {
    const files = configured(
      'evictionHard: { memory.available: 50Mi }\ncgroupDriver: systemd\nsingleProcessOOMKill: true\n',
    )
    const { text } = await runNode(files)
    expect(text).toMatch(/^\d+ of 25 sound for Kubernetes/m)
    expect(text).toContain('\nThe kubelet’s configuration is /var/lib/kubelet/config.yaml.\n')
    expect(text).toMatch(/! kubelet eviction +below 50 MiB +warning/)
    expect(text).toMatch(/\nWhat the kubelet is told\n {2}! systemReserved, kubeReserved +no memory +warning\n/)
    expect(text).toMatch(/! singleProcessOOMKill +true +warning/)
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
  })

  it.each([
    ['evictionHard: { memory.available: 5% }', [], 838_860],
    ['evictionHard: { nodefs.available: 5% }', [], null],
    ['evictionHard: { nodefs.available: 5% }', SOUND, 512_000],
    ['failSwapOn: false', [], 102_400],
  ])('with %j and %j the kubelet evicts below %p KiB', async (yaml, argv, evictionKib) => {
    const { text } = await runNode(configured(yaml), ['--output', 'json', ...argv])
    expect(JSON.parse(text)).toMatchObject({ evictionKib, kubeletConfig: { path: `/${CONFIG}`, config: {} } })
  })

  it.each([
    [{ [CONFIG]: FORBIDDEN }, 'it may not be read'],
    [{ [CONFIG]: 'kind: Pod\n' }, 'kind: Invalid input: expected "KubeletConfiguration"'],
    [{}, 'there is none'],
  ])('says of the configuration %j why it takes the defaults', async (files, problem) => {
    const { text } = await runNode(files, ['--output', 'json'])
    expect(JSON.parse(text)).toMatchObject({ kubeletConfig: { path: `/${CONFIG}`, problem, config: null } })
  })

  it('takes no other for the configuration that is named', async () => {
    const named = ['--kubelet-config', '/etc/kubelet/config.json']
    await expect(runNode({}, named)).rejects.toThrow(
      '--kubelet-config: expected a KubeletConfiguration, got: /etc/kubelet/config.json: there is none',
    )
    const files = { 'config.json': '{"kind": "KubeletConfiguration", "evictionHard": {"memory.available": "1Gi"}}' }
    const { text } = await runNode(files, [...named, '--output', 'json'])
    expect(JSON.parse(text)).toMatchObject({ evictionKib: 1_048_576 })
  })
})
