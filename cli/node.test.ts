import { describe, expect, it } from '@jest/globals'
import { filesOf, meminfo, nodeFiles, zoneinfo, type FakeFiles } from '../agent/node/fakeNode.testkit.ts'
import { parseFlags } from '#program/flags.ts'
import { node, type NodeAnswer } from './node.ts'
import { nodeFlags } from './nodeFlags.ts'

function runNode(given: FakeFiles, argv: readonly string[] = [], hasColor = false): NodeAnswer {
  const parsed = parseFlags('node', nodeFlags, argv, {})
  if (parsed.kind !== 'values') throw new Error(`expected values, got ${parsed.kind}`)
  return node(parsed.values, { openRoot: () => nodeFiles(given), hasColor })
}

const SOUND = ['--eviction-hard', '500Mi']
const WARNING = { 'proc/sys/vm/oom_dump_tasks': '0\n' }
const CRITICAL = { ...WARNING, 'proc/sys/vm/panic_on_oom': '2\n' }
const NOTE = { 'proc/pressure/memory': undefined }

describe('oomkeeper node', () => {
  it('shows the machine, how many settings are sound, each of them and the zones, in 80 columns', () => {
    const { text, exitCode } = runNode({ ...CRITICAL, ...NOTE }, SOUND)
    const lines = text.split('\n')
    expect(lines.slice(0, 2)).toEqual([
      'Linux 6.12.9-generic, 16 GiB of RAM (8.6 GiB available), no swap',
      '15 of 18 sound for Kubernetes; 1 critical setting, 1 warning, 1 note.',
    ])
    expect(lines).toContain('  ✓ vm.overcommit_memory         1 (grants all)')
    expect(lines).toContain('  ✗ vm.panic_on_oom              2                                      critical')
    expect(lines).toContain('  · PSI (memory)                 not there                              note')
    expect(lines).toContain('  0 DMA32       19.5 MiB   23.4 MiB   35.2 MiB   46.9 MiB    2.9 GiB   31.3 MiB')
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    expect(exitCode).toBe(4)
  })

  it('keeps to 80 columns and to printable text, whatever the files say', () => {
    const files = { 'proc/sys/kernel/osrelease': `6.1\u001b[31m${'x'.repeat(200)}\n` }
    const { text } = runNode(files, ['--verbose'])
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
  ])('on %j with %j ends with exit code %d', (files, argv, exitCode) => {
    // 100Mi of the kubelet’s default are within the watermarks of these zones.
    const zones = { 'proc/zoneinfo': zoneinfo({ minPages: 9000 }) }
    expect(runNode({ ...zones, ...files }, argv).exitCode).toBe(exitCode)
  })

  it('colours on a terminal that has colours, unless asked not to', () => {
    expect(runNode({}, [], true).text).toContain('\u001b[32m')
    expect(runNode({}, ['--no-color'], true).text).not.toContain('\u001b')
  })

  it('tells programs the same, with the numbers and the sources', () => {
    const { text } = runNode({ ...CRITICAL, ...NOTE }, ['--output', 'json', ...SOUND])
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

  it('shows swap where there is some', () => {
    const files = { 'proc/meminfo': meminfo({ SwapTotal: 2_097_152, SwapFree: 2_097_152 }) }
    expect(runNode(files).text).toMatch(/^Linux .*, 2 GiB of swap$/m)
  })

  it('says what is no node', () => {
    const parsed = parseFlags('node', nodeFlags, ['--root', '/srv'], {})
    if (parsed.kind !== 'values') throw new Error('expected values')
    const { values } = parsed
    expect(() => node(values, { openRoot: () => filesOf({}), hasColor: false })).toThrow(
      '--root: expected the root folder of a node, got: /srv without proc/meminfo',
    )
  })
})
