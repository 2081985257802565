import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'

const root = resolve(import.meta.dirname, '../..')
const fixture = (name: string) => join('test/fixtures/policies', name)
const CLUSTER = ['--objects', fixture('objects.yaml')]
const NODE = ['--ranking', `node-a=${fixture('ranking-node-a.json')}`, '--reports', fixture('reports.yaml')]

function policyTest(args: readonly string[], input = '') {
  const command = ['policy', 'test', ...args]
  const { stdout, stderr, status } = spawnSync(join(root, 'bin/oomkeeper'), command, {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
    input,
    timeout: 30_000,
  })
  return { stdout, stderr, status }
}

interface Shown {
  version: number
  policies: {
    name: string
    containers: {
      namespace: string
      pod: string
      container: string
      before?: number
      after?: number
      outcome: string
      why?: { reason: string }
    }[]
  }[]
}

/** `shop/db-0 postgresql: 938 → 100`, or why not. */
function selectionOf(stdout: string): Record<string, string[]> {
  const { version, policies } = JSON.parse(stdout) as Shown
  expect(version).toBe(1)
  return Object.fromEntries(
    policies.map(({ name, containers }) => [
      name,
      containers.map(({ namespace, pod, container, before, after, outcome, why }) => {
        const scores = before === undefined ? 'sets killScope' : `${before} → ${after}`
        return `${namespace}/${pod} ${container}: ${outcome === 'sets' ? scores : (why?.reason ?? outcome)}`
      }),
    ]),
  )
}

/** By the fixture's cluster. */
const SELECTIONS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'database.yaml': {
    'database-postmaster': ['shop/db-0 postgresql: 938 → 100'],
    'database-backends': ['shop/db-0 postgresql: 938 → 1000'],
  },
  'sidecars.yaml': {
    'sidecars-first': ['shop/web-5d9f-x1 proxy: 969 → 1000', 'shop/web-5d9f-x2 proxy: 969 → 1000'],
  },
  'batch-first.yaml': {
    'batch-first': [
      'etl/nightly-1-abcde work: -997 → 990',
      'etl/adhoc work: 875 → 990',
      'etl/sealed work: Unsupported',
    ],
  },
  'node-critical.yaml': {
    'node-critical-daemons': [
      'kube-system/net-n1 net: 985 → 10',
      'kube-system/net-n2 net: 985 → 10',
      'storage/csi-n1 driver: UnlimitedMemory',
    ],
  },
  'whole-container.yaml': {
    'kill-whole-container': ['shop/web-5d9f-x1 app: sets killScope', 'shop/web-5d9f-x2 app: sets killScope'],
    'kill-single-processes': ['ci/runner-0 runner: sets killScope'],
  },
}

describe('oomkeeper policy test', () => {
  it.each(readdirSync(join(root, 'examples/policies')))('says what the example %s selects', (example) => {
    const file = join('examples/policies', example)
    const { stdout, stderr, status } = policyTest(['-f', file, ...CLUSTER, '-o', 'json'])
    expect(stderr).toBe('')
    const selection = selectionOf(stdout)
    expect(selection).toEqual(SELECTIONS[example])
    const isAllSet = Object.values(selection)
      .flat()
      .every((one) => /→|killScope/.test(one))
    expect(status).toBe(isAllSet ? 0 : 1)
  })

  it('says it to people, in 100 columns', () => {
    const policy = readFileSync(join(root, fixture('shop-database.yaml')), 'utf8')
    const { stdout, stderr, status } = policyTest(['-f', '-', ...CLUSTER, ...NODE], policy)
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expect(stdout).toBe(readFileSync(join(root, fixture('shop-database.txt')), 'utf8'))
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  })

  it('refuses what the apiserver would refuse, each problem in a line, with exit code 2', () => {
    const policy = `
apiVersion: oomkeeper.io/v1alpha1
kind: OOMPolicy
metadata: {name: wrong}
spec: {podSelector: {}, oomScoreAdj: {value: -1000}}
`
    const { stdout, stderr, status } = policyTest(['-f', '-', ...CLUSTER], policy)
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 })
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^oomkeeper policy test: policy wrong: spec: no pods are selected: give namespaceSelector/),
      expect.stringMatching(/^oomkeeper policy test: policy wrong: spec\.oomScoreAdj\.value: .* -1000 would exempt/),
    ])
  })

  it('says which flag is missing or wrong', () => {
    expect(policyTest([]).stderr).toMatch(/-f: expected FILE, got nothing/)
    expect(policyTest(['-f', 'x', '--reports', 'y'])).toMatchObject({ status: 2 })
    expect(policyTest(['-f', '/none', ...CLUSTER])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/\/none: expected a file/),
    })
  })

  it('has nothing to say of a cluster that it cannot reach', () => {
    const { status, stderr } = policyTest(['-f', 'examples/policies/sidecars.yaml', '--kubeconfig', '/dev/null/none'])
    expect(status).toBe(3)
    expect(stderr).toMatch(/^oomkeeper policy test: expected (an answer of kubectl|kubectl in PATH)/)
  })
})
