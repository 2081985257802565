import { describe, expect, it } from '@jest/globals'
import { NODE_TOTAL_KIB, containerId, rankingOf, rawPod } from './policies.testkit.ts'
import { SIMULATION_FLAGS } from '../reports/reports.testkit.ts'
import { simulateWithPolicies } from './simulateWithPolicies.ts'

const flags = { ...SIMULATION_FLAGS, policy: 'policy.yaml' }
const SETTINGS = {
  version: 1 as const,
  namespace: 'oomkeeper',
  protectedMemoryPercent: 50,
  rollbackWindowSeconds: 600,
}
const task = (pid: number, command: string, oomScoreAdj: number) => ({
  pid,
  command,
  oomScore: 1200,
  oomScoreAdj,
  rssKib: 102_400,
  freesKib: 102_400,
  badnessPages: 25_600 + oomScoreAdj * Math.floor(NODE_TOTAL_KIB / 4 / 1000),
})
const ranking = rankingOf(
  { ...task(11, 'web\u001b[2J', 875), containerId: containerId(1), namespace: 'shop', podName: 'web-abc-1' },
  task(7, 'cron', 600),
)

async function run(spec: string, changes: { output?: 'json'; until?: number } = {}, settings = SETTINGS) {
  let [stdout, stderr] = ['', '']
  const asked: object[] = []
  async function* objects() {
    const memory = { memory: '8Gi' }
    yield { kind: 'Node', metadata: { name: 'node-a' }, status: { capacity: memory, allocatable: memory } }
    yield { kind: 'Namespace', metadata: { name: 'shop' } }
    yield rawPod(1)
  }
  const code = await simulateWithPolicies({ ...flags, ...changes }, 'node-a', {
    readText: () =>
      Promise.resolve(`{apiVersion: oomkeeper.io/v1alpha1, kind: OOMPolicy, metadata: {name: p}, spec: ${spec}}`),
    objects,
    withOperator: (use) =>
      use({
        settings: () => Promise.resolve({ settings }),
        rankNode: (question) => {
          asked.push(question)
          return Promise.resolve(ranking)
        },
      }),
    write: (text) => void (stdout += text),
    warn: (text) => void (stderr += text),
    columns: 100,
    hasColor: false,
  })
  return { code, stdout, stderr, asked }
}

describe('simulateWithPolicies', () => {
  it('says who goes now, and beside it who would with the policies', async () => {
    const { code, stdout, asked } = await run('{all: true, oomScoreAdj: {value: 500}}')
    expect(code).toBe(0)
    expect(asked).toEqual([{ node: 'node-a', top: 50, pod: undefined, container: undefined, cgroup: undefined }])
    expect(stdout.split('\n').slice(0, 7)).toEqual([
      'If the memory of node-a runs out now (10 processes, 8 GiB of RAM and swap):',
      '',
      '  #   NOW                             FREES     WITH_THE_POLICIES               FREES',
      '  1   shop/web-abc-1 web\\x1b[2J(11)   100 MiB   cron(7)                         100 MiB',
      '  2   cron(7)                         100 MiB   shop/web-abc-1 web\\x1b[2J(11)   100 MiB',
      '',
      '  With the policies: cron(7) goes as number 1, now 2; web\\x1b[2J(11) goes as',
    ])
  })

  it('ends with 1 where nobody goes sooner or later, and says why', async () => {
    const { code, stdout } = await run('{podSelector: {matchLabels: {app: other}}, oomScoreAdj: {value: 500}}')
    expect(code).toBe(1)
    expect(stdout).toContain('With the policies the same go, in the same order.')
    expect(stdout).toContain('Policy p selects nothing.')
  })

  it('goes by what the operator is set to, and says so', async () => {
    const settings = { ...SETTINGS, protectedMemoryPercent: 10 }
    const { stdout } = await run('{all: true, oomScoreAdj: {value: 500}}', {}, settings)
    expect(stdout).toContain('guard rails refuse 1 of 1 container (BudgetExceeded)')
    expect(stdout).toContain("  Policies may protect 10 % of a node's memory, as the operator is set.")
  })

  it('tells programs both, until so much came free', async () => {
    const { code, stdout } = await run('{all: true, oomScoreAdj: {value: 500}}', { output: 'json', until: 102_400 })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      node: 'node-a',
      without: { kills: [{ victim: { pid: 11 } }] },
      with: { kills: [{ victim: { pid: 7 } }] },
      differences: [
        { pid: 7, after: 1 },
        { pid: 11, before: 1 },
      ],
    })
  })

  it('refuses a policy that the apiserver would refuse', async () => {
    const { code, stdout, stderr } = await run('{all: true}')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^policy p: spec: nothing is to be set/)
  })
})
