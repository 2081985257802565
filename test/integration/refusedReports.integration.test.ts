import { createServer, type AddressInfo } from 'node:net'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { waitUntil } from '../cluster/process/wait.ts'
import { sayFault, secondsSince } from '../support/faultLine.ts'
import { inPod, type OperatorWorld } from './operatorWorld.ts'
import { useOperatorWorldWithStreams } from './useOperatorWorld.ts'

let world: OperatorWorld

useOperatorWorldWithStreams((started) => {
  world = started
})

beforeAll(async () => {
  for (const name of ['held', 'small', 'slow']) await world.api.kubectl(['create', 'namespace', name])
}, 120_000)

const refusedOn = async (node: string): Promise<number> => (await world.nodeReport(node))?.byReason['WriteRefused'] ?? 0

/** Publishes a kill of a pod that others can count, again and again, until the node has counted those that were refused. */
async function untilRefused(kills: number, free: Parameters<typeof inPod>[0], deadlineMs: number): Promise<void> {
  const isSo = async () => {
    await world.publishKills(1, inPod(free))
    const counted = await refusedOn('node-a')
    if (counted >= kills) return true as const
    throw new Error(`it has ${counted}`)
  }
  await waitUntil(`the node to count ${kills} that were refused`, isSo, { deadlineMs, everyMs: 1_000 })
  await world.untilSettled()
  expect(await refusedOn('node-a')).toBe(kills)
}

/** Stands before all writes of reports in one namespace, at an address where nobody answers. */
function webhookOf(namespace: string, url: string, timeoutSeconds: number): object {
  const rules = [
    { apiGroups: ['oomkeeper.io'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'], scope: 'Namespaced' },
  ]
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: namespace },
    webhooks: [
      {
        name: `${namespace}.example.org`,
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        timeoutSeconds,
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        clientConfig: { url },
        rules,
      },
    ],
  }
}

describe('a namespace that takes no reports, with real nats-server, etcd and kube-apiserver', () => {
  it('stops only itself when the webhook before it fails: the checkpoint waits for so long, and then its node counts', async () => {
    const held = await world.makePod({ name: 'held', namespace: 'held' })
    const free = await world.makePod({ name: 'free' })
    const before = await refusedOn('node-a')
    await world.apply(webhookOf('held', 'https://127.0.0.1:1/', 2))
    const { program, baseUrl } = await world.readyOperator({ OOMKEEPER_WEBHOOK_PATIENCE_SECONDS: '5' })
    const startedMs = performance.now()
    await world.publishKills(4, inPod(held))
    await world.publishKills(6, inPod(free))
    expect(await world.untilKills('pod.free.app', 6)).toMatchObject({ kills: 6 })
    const freeAfter = secondsSince(startedMs)
    await untilRefused(before + 4, free, 40_000)
    const settledAfter = secondsSince(startedMs)
    expect((await world.nodeReport('node-a'))?.lastKills[0]?.detail).toMatch(/^for \d+ s: .*failed calling webhook/)
    expect(program.log).toMatch(/"report":"OOMReport\/held\/pod.held.app","kills":4,"msg":"a report takes no kills/)
    const metrics = await (await fetch(`${baseUrl}/metrics`)).text()
    expect(metrics).toMatch(/^oomkeeper_operator_kills_refused_total 4$/m)
    expect((await fetch(`${baseUrl}/readyz`)).status).toBe(200)

    await world.api.kubectl(['delete', 'validatingwebhookconfiguration', 'held'])
    // The apiserver takes a moment to know.
    const again = async () => {
      await world.publishKills(1, inPod(held))
      return (await world.report('pod.held.app', 'held')) !== undefined || undefined
    }
    await waitUntil('the report of the held namespace', again, { deadlineMs: 20_000, everyMs: 1_000 })
    sayFault('webhook of one namespace fails', {
      'others counted after': freeAfter,
      'checkpoint free after': settledAfter,
    })
  }, 90_000)

  it('stops only itself when the webhook before it never answers', async () => {
    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    try {
      const slow = await world.makePod({ name: 'slow', namespace: 'slow' })
      const free = await world.makePod({ name: 'unslowed' })
      const before = await refusedOn('node-a')
      await world.apply(webhookOf('slow', `https://127.0.0.1:${(silent.address() as AddressInfo).port}/`, 3))
      await world.readyOperator({ OOMKEEPER_WEBHOOK_PATIENCE_SECONDS: '5' })
      await world.publishKills(2, inPod(slow))
      await world.publishKills(3, inPod(free))
      expect(await world.untilKills('pod.unslowed.app', 3)).toMatchObject({ kills: 3 })
      await untilRefused(before + 2, free, 60_000)
      expect(await world.report('pod.slow.app', 'slow')).toBeUndefined()
    } finally {
      await world.api.kubectl(['delete', 'validatingwebhookconfiguration', 'slow', '--ignore-not-found'])
      silent.close()
    }
  }, 150_000)

  it('has its kills counted by the node beyond its quota, and by their own report when that is lifted', async () => {
    const [first, second] = [
      await world.makePod({ name: 'first', namespace: 'small' }),
      await world.makePod({ name: 'second', namespace: 'small' }),
    ]
    const free = await world.makePod({ name: 'beside' })
    const hard = { 'count/oomreports.oomkeeper.io': '1' }
    const metadata = { name: 'reports', namespace: 'small' }
    await world.apply({ apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard } })
    // The controller that fills in the status does not run here; admission goes by it, and counts there.
    const used = { 'count/oomreports.oomkeeper.io': '0' }
    const status = JSON.stringify({ status: { hard, used } })
    const patch = ['patch', 'resourcequota', '-n', 'small', 'reports', '--subresource=status', '--type=merge', '-p']
    await world.api.kubectl([...patch, status])
    const before = await refusedOn('node-a')
    await world.readyOperator()
    await world.publishKills(2, inPod(first))
    await world.untilKills('pod.first.app', 2, 'small')
    await world.publishKills(3, inPod(second))
    await world.publishKills(2, inPod(free))
    await world.publishKills(1, inPod(first))
    await world.untilSettled()
    expect(await world.report('pod.first.app', 'small')).toMatchObject({ kills: 3 })
    expect(await world.report('pod.beside.app')).toMatchObject({ kills: 2 })
    expect(await world.report('pod.second.app', 'small')).toBeUndefined()
    expect(await refusedOn('node-a')).toBe(before + 3)
    expect((await world.nodeReport('node-a'))?.last).toMatchObject({ reason: 'WriteRefused' })
    expect((await world.nodeReport('node-a'))?.lastKills[0]?.detail).toContain('exceeded quota: reports')

    await world.api.kubectl(['delete', 'resourcequota', '-n', 'small', 'reports'])
    const again = async () => {
      await world.publishKills(1, inPod(second))
      return (await world.report('pod.second.app', 'small')) !== undefined || undefined
    }
    await waitUntil('the report beyond the quota', again, { deadlineMs: 20_000, everyMs: 1_000 })
  }, 90_000)
})
