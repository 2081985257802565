import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { renderKubeletConfig } from '../cluster/node/kubelet.ts'

const command = resolve(import.meta.dirname, '../../bin/oomkeeper')
let root = ''

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'oomkeeper-node-'))
})

afterAll(() => rmSync(root, { recursive: true }))

function runNode(...args: readonly string[]) {
  return spawnSync(command, ['node', ...args], { encoding: 'utf8' })
}

interface Report {
  severity: string
  zones: { name: string }[]
  checks: { name: string; value: string | null; severity: string; figures: Record<string, number> }[]
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

describe('oomkeeper node', () => {
  it('tells the settings of this machine', () => {
    const { status, stdout } = runNode('--output', 'json', '--fail-on', 'never')
    const { checks, zones } = JSON.parse(stdout) as Report
    expect(status).toBe(0)
    const own = (name: string) => Number(readFileSync(`/proc/sys/vm/${name}`, 'utf8'))
    const figures = Object.assign({}, ...checks.map((check) => check.figures)) as Record<string, number>
    expect(figures).toMatchObject({
      overcommitMemory: own('overcommit_memory'),
      panicOnOom: own('panic_on_oom'),
      minFreeKib: own('min_free_kbytes'),
      watermarkScaleFactor: own('watermark_scale_factor'),
    })
    expect(zones.length).toBeGreaterThan(0)
    expect(checks.find(({ name }) => name === 'cgroup version')?.value).toMatch(/^v[12]/)
  })

  it('prints for people what the exit code says in one digit', () => {
    const { status, stdout } = runNode('--fail-on', 'note')
    expect(stdout).toMatch(/^Linux .*\n\d+ of (?:18|25) sound for Kubernetes/)
    expect(status).toBe(/critical setting/.test(stdout) ? 4 : /\d warning|\d note/.test(stdout) ? 1 : 0)
  })

  it('reads a node by its root folder, a zoneinfo of many processors too, and says what is not there', () => {
    const pagesets = Array.from({ length: 512 }, (_, cpu) => `    cpu: ${cpu}\n      count: 0\n      high: 378\n`).join(
      '',
    )
    const zone = (name: string) =>
      `Node 0, zone ${name}\n  pages free 9\n        min      100\n        low      125\n        high     150\n        managed  90000\n        protection: (0, 0)\n  pagesets\n${pagesets}`
    put('proc/meminfo', 'MemTotal:        16000000 kB\n')
    put('proc/zoneinfo', zone('DMA32') + zone('Normal'))
    put('proc/sys/vm/panic_on_oom', '1\n')
    const { status, stdout } = runNode('--root', root, '--output', 'json')
    const { severity, zones, checks } = JSON.parse(stdout) as Report
    expect({ status, severity }).toEqual({ status: 4, severity: 'critical' })
    expect(zones.map(({ name }) => name)).toEqual(['DMA32', 'Normal'])
    expect(checks.find(({ name }) => name === 'vm.panic_on_oom')).toMatchObject({ value: '1' })
    expect(checks.find(({ name }) => name === 'vm.swappiness')).toMatchObject({ value: null, severity: 'note' })
  })

  it('tells a log that may not be read from one that is not there', () => {
    put('proc/meminfo', 'MemTotal:        16000000 kB\n')
    put('dev/kmsg', '')
    const logOf = () => {
      const { checks } = JSON.parse(runNode('--root', root, '--output', 'json').stdout) as Report
      return checks.find(({ name }) => name === 'kernel log')
    }
    expect(logOf()).toMatchObject({ value: '/dev/kmsg', severity: 'ok' })
    chmodSync(join(root, 'dev/kmsg'), 0)
    // Root reads whatever the mode says.
    expect(logOf()?.value).toBe(process.getuid?.() === 0 ? '/dev/kmsg' : 'no permission')
    rmSync(join(root, 'dev/kmsg'))
    expect(logOf()).toMatchObject({ value: null, severity: 'warning' })
  })

  it('says what is wrong with its flags, and what is no node', () => {
    const wrong = runNode('--eviction-hard', '5%', '--fail-on', 'ever')
    expect(wrong.status).toBe(2)
    expect(wrong.stderr.trim().split('\n')).toEqual([
      'oomkeeper node: --eviction-hard: expected SIZE, got "5%": it must be an amount of memory, as 500Mi or 2Gi',
      'oomkeeper node: --fail-on: expected note|warning|critical|never, got "ever": it must be note, warning, critical or never',
    ])
    const nowhere = runNode('--root', join(root, 'proc/sys'))
    expect(nowhere.status).toBe(3)
    expect(nowhere.stderr).toMatch(/^oomkeeper node: --root: expected the root folder of a node, got: .* without proc/)
  })

  it('judges what a kubelet is told, where its configuration is or where it is named', () => {
    put('proc/meminfo', 'MemTotal:        16000000 kB\n')
    const config = 'kind: KubeletConfiguration\nevictionHard:\n  nodefs.available: 10%\nenforceNodeAllocatable: []\n'
    put('var/lib/kubelet/config.yaml', config)
    put('kubelet.conf', `${config}systemReserved: { memory: 2Gi }\n`)
    const reportOf = (...args: readonly string[]) =>
      JSON.parse(runNode('--root', root, '--output', 'json', ...args).stdout) as Report
    const found = reportOf()
    expect(found).toMatchObject({ severity: 'critical', evictionKib: null })
    const valueOf = ({ checks }: Report, name: string) => checks.find((check) => check.name === name)?.value
    expect(valueOf(found, 'enforceNodeAllocatable')).toBe('none')
    const named = reportOf('--kubelet-config', join(root, 'kubelet.conf'))
    expect(valueOf(named, 'systemReserved, kubeReserved')).toBe('2 GiB')
    const wrong = runNode('--kubelet-config', join(root, 'proc/meminfo'))
    expect(wrong).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^oomkeeper node: --kubelet-config: [^\n]*\n$/),
    })
  })

  it('understands the configuration that the kubelets of the test cluster start with', () => {
    put('proc/meminfo', 'MemTotal:        16000000 kB\n')
    const folders = { staticPodFolder: '/s', volumePluginFolder: '/v' }
    put(
      'kubelet.json',
      renderKubeletConfig({ clientCaFile: '/ca', cgroupRoot: '/', dnsAddress: '10.0.0.1', ...folders }),
    )
    const { stdout } = runNode('--root', root, '--kubelet-config', join(root, 'kubelet.json'), '--output', 'json')
    expect(JSON.parse(stdout)).toMatchObject({
      evictionKib: null,
      kubeletConfig: {
        config: { enforceNodeAllocatable: [], failCgroupV1: false, failSwapOn: false, cgroupDriver: 'cgroupfs' },
      },
    })
  })
})
