import { spawnSync } from 'node:child_process'
import { delimiter, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ensureBuilt } from '../cluster/build/ensureBuilt.ts'
import { KUBERNETES } from '../cluster/build/goModule.ts'
import { startApiserver, type PrivateApiserver } from '../cluster/privateServers.ts'
import { createRunningPod } from '../support/ownedPod.ts'
import { applyCrds } from '../support/stack.ts'

const oomkeeper = resolve(import.meta.dirname, '../../bin/oomkeeper')
const WEB = { podSelector: { matchLabels: { app: 'web' } } }
const policy = (name: string, spec: object) => ({
  apiVersion: 'oomkeeper.io/v1alpha1',
  kind: 'OOMPolicy',
  metadata: { name },
  spec: { ...WEB, ...spec },
})

let api: PrivateApiserver
let folderOfKubectl: string

beforeAll(async () => {
  folderOfKubectl = await ensureBuilt(KUBERNETES, () => undefined, ['kubectl'])
  api = await startApiserver({ log: () => undefined })
}, 120_000)

afterAll(async () => {
  await api.dispose()
})

function policyTest(...policies: object[]) {
  const args = ['policy', 'test', '-f', '-', '-o', 'json', '--kubeconfig', api.kubeconfig]
  // There is no operator: all else is said.
  const { stdout, stderr, status } = spawnSync(oomkeeper, [...args, '--operator', 'http://127.0.0.1:1'], {
    encoding: 'utf8',
    env: { PATH: [folderOfKubectl, process.env['PATH']].join(delimiter) },
    input: policies.map((one) => JSON.stringify(one)).join('\n---\n'),
    timeout: 60_000,
  })
  return { stdout, stderr, status }
}

describe('oomkeeper policy test, with a real kube-apiserver', () => {
  it('says that nothing is selected where the kinds are not installed and no pods are', () => {
    const { stdout, stderr, status } = policyTest(policy('early', { oomScoreAdj: { value: 500 } }))
    expect({ stderr, status }).toEqual({ stderr: '', status: 1 })
    expect(JSON.parse(stdout)).toMatchObject({ findings: ['Policy early selects nothing.'] })
  })

  it('says what becomes of a pod that is there, beside the policies that are there', async () => {
    await applyCrds(api.kubectl)
    await api.kubectl(['create', 'namespace', 'shop'])
    const place = { namespace: 'shop', name: 'web', container: 'app', node: 'node-a' }
    const { name: pod } = await createRunningPod(api.kubectl, place)
    const there = policy('there', { oomScoreAdj: { value: 1000 }, mode: 'Enforce', priority: 5 })
    await api.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(there) })

    const { stdout, stderr, status } = policyTest(
      policy('alone', { killScope: 'Process' }),
      policy('protect', { oomScoreAdj: { value: 500 } }),
      policy('late', { oomScoreAdj: { value: 999 }, allowUnlimited: true }),
    )
    expect({ stderr, status }).toEqual({ stderr: '', status: 1 })
    const one = {
      namespace: 'shop',
      pod,
      workload: 'Deployment/web',
      container: 'app',
      isRunning: true,
      node: 'node-a',
    }
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      policies: [
        { name: 'alone', containers: [{ ...one, outcome: 'sets' }] },
        {
          name: 'protect',
          containers: [{ ...one, before: 1000, after: 500, outcome: 'refused', why: { reason: 'UnlimitedMemory' } }],
        },
        { name: 'late', containers: [{ ...one, after: 999, outcome: 'outranked', otherPolicy: 'there' }] },
      ],
      protectedMemory: { percent: 50, from: 'default' },
      notes: [expect.stringMatching(/^No ranking of node-a: expected the operator's API at/)],
    })
  })

  it('says that the cluster does not answer when it is gone', async () => {
    const gone = policyTest(policy('a', { oomScoreAdj: { value: 500 } }))
    expect(gone.status).not.toBe(3)
    await api.apiserver.stop()
    const { stdout, stderr, status } = policyTest(policy('a', { oomScoreAdj: { value: 500 } }))
    expect({ stdout, status }).toEqual({ stdout: '', status: 3 })
    expect(stderr).toMatch(/^oomkeeper policy test: expected an answer of kubectl, got: /)
  })
})
