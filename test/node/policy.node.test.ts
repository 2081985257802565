import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from '@jest/globals'
import type { OomPolicyStatus } from '../../operator/api/oomPolicy.ts'
import type { Cluster } from '../cluster/attach.ts'
import { hasCapability } from '../cluster/host/capabilities.ts'
import { signalProcess, type ProcessIdentity } from '../cluster/process/identity.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { scoreOf } from '../support/fakeContainer.ts'
import type { InstalledProduct } from '../support/installedProduct.ts'
import {
  findSteadyProcess,
  readUptimeSeconds,
  steadyPodManifest,
  untilNextProcess,
  untilPodsRun,
} from '../support/steadyPods.ts'
import { useInstalledProduct } from '../support/useInstalledProduct.ts'
import { listManifest } from '../support/workload.ts'

const NAMESPACE = 'policy-walk'
const BATCH = { tier: 'batch' }
const PODS = [
  { name: 'nightly', labels: BATCH },
  { name: 'weekly', labels: BATCH },
  { name: 'checkout', labels: { tier: 'front' } },
]
const TICKS_PER_SECOND = 100

let cluster: Cluster
let product: InstalledProduct
let uids: Record<string, string>
/** The score that the kubelet and the runtime give to a pod of this kind. */
let start: number

const evidence = () => product.logs()

function processOf(name: string): ProcessIdentity {
  const found = findSteadyProcess(uids[name] ?? '', name)
  if (found === undefined) throw new Error(`expected a process of ${name}, got none`)
  return found
}

const scores = (): number[] => PODS.map(({ name }) => scoreOf(processOf(name).pid))

function untilScores(...wanted: number[]): Promise<true> {
  const probe = () => scores().join() === wanted.join() || undefined
  return waitUntil(`scores ${wanted.join()}`, probe, { deadlineMs: 30_000, everyMs: 50, evidence })
}

async function applyPolicy(name: string, spec: object): Promise<void> {
  const policy = { apiVersion: 'oomkeeper.io/v1alpha1', kind: 'OOMPolicy', metadata: { name }, spec }
  await cluster.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(policy) })
}

function untilStatus(name: string, reason: string, applied = 0): Promise<OomPolicyStatus> {
  const probe = async () => {
    const { status } = JSON.parse(await cluster.kubectl(['get', 'oomp', name, '-o', 'json'])) as {
      status?: OomPolicyStatus
    }
    return status?.conditions[0]?.reason === reason && status.applied === applied ? status : undefined
  }
  return waitUntil(`${name} to be ${reason}, ${applied} applied`, probe, { deadlineMs: 30_000, evidence })
}

const batchFirst = (mode: 'Audit' | 'Enforce') =>
  applyPolicy('batch-first', {
    podSelector: { matchLabels: BATCH },
    oomScoreAdj: { value: 800 },
    allowCrossQoS: true,
    mode,
  })

useInstalledProduct(NAMESPACE, (world) => {
  ;({ cluster, product } = world)
})

beforeAll(async () => {
  await product.install()
  const manifest = listManifest(PODS.map((pod) => steadyPodManifest(NAMESPACE, pod)))
  await cluster.kubectl(['apply', '-f', '-'], { stdin: manifest })
  const names = PODS.map(({ name }) => name)
  uids = await untilPodsRun(cluster.kubectl, NAMESPACE, names)
  start = scoreOf(processOf('checkout').pid)
}, 300_000)

describe('an OOMPolicy on a real node', () => {
  it('in Audit says what it would match, and writes nothing', async () => {
    await batchFirst('Audit')
    expect(await untilStatus('batch-first', 'Audit')).toMatchObject({ matched: { pods: 2, containers: 2 } })
    expect(scores()).toEqual([start, start, start])
  }, 60_000)

  it('in Enforce raises the two pods with the label, and not the one without', async () => {
    await batchFirst('Enforce')
    await untilScores(800, 800, start)
    expect(await untilStatus('batch-first', 'Applied', 2)).toMatchObject({ failed: 0 })
    expect(await cluster.kubectl(['get', 'oompolicies'])).toMatch(/batch-first +Enforce +2 +2 /)
  }, 60_000)

  it('raises a restarted container before it has run for a second', async () => {
    const before = processOf('nightly')
    signalProcess(before, 'SIGKILL')
    const next = await untilNextProcess(uids['nightly'] ?? '', 'nightly', before)
    const raised = () => (scoreOf(next.pid) === 800 ? readUptimeSeconds() : undefined)
    const raisedAt = await waitUntil('the score of the new process', raised, {
      deadlineMs: 30_000,
      everyMs: 5,
      evidence,
    })
    expect(raisedAt - next.startTicks / TICKS_PER_SECOND).toBeLessThan(1)
    expect(await untilStatus('batch-first', 'Applied', 2)).toMatchObject({ failed: 0 })
  }, 120_000)

  const lowered = hasCapability('CAP_SYS_RESOURCE')
  it(`below the score of the start is ${lowered ? 'applied' : 'refused by the kernel, and the status says what is missing'}`, async () => {
    await applyPolicy('checkout-last', {
      podSelector: { matchLabels: { tier: 'front' } },
      oomScoreAdj: { value: -500 },
      mode: 'Enforce',
    })
    if (lowered) {
      await untilScores(800, 800, -500)
    } else {
      const status = await untilStatus('checkout-last', 'KernelRefused')
      expect(status).toMatchObject({
        failed: 1,
        reasons: [{ outcome: 'Failed', reason: 'KernelRefused', containers: 1 }],
      })
      expect(status.reasons?.[0]?.message).toContain('CAP_SYS_RESOURCE')
      expect(scores()).toEqual([800, 800, start])
    }
  }, 60_000)

  it('gives back when it is deleted: kubectl returns when that is done', async () => {
    await cluster.kubectl(['delete', 'oompolicies', 'batch-first', 'checkout-last'], { timeoutMs: 90_000 })
    expect(scores()).toEqual([start, start, start])
  }, 100_000)
})

describe('helm uninstall', () => {
  it('gives every score back first, and leaves policies that can be deleted, the keys, the claim and the agent’s folder', async () => {
    await batchFirst('Enforce')
    await untilScores(800, 800, start)
    await product.uninstall()
    expect(scores()).toEqual([start, start, start])
    const kinds = 'deployments,daemonsets,statefulsets,jobs,services,secrets,roles,rolebindings,persistentvolumeclaims'
    const left = await cluster.kubectl(['get', kinds, '-n', product.namespace, '-o', 'name'])
    // The keys were made by a hook: another install goes on with them.
    expect(left).toBe('secret/oomkeeper-nats\npersistentvolumeclaim/data-oomkeeper-nats-0\n')
    const node = `/proc/${cluster.part('kubelet').pid}/root`
    expect(readFileSync(join(node, 'var/lib/oomkeeper/scores.json'), 'utf8')).toContain('"containers":{}')
    await cluster.kubectl(['delete', 'oompolicy', 'batch-first'])
  }, 200_000)
})
