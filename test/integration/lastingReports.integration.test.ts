import { describe, expect, it } from '@jest/globals'
import { waitUntil } from '../cluster/process/wait.ts'
import { inPod, type OperatorWorld } from './operatorWorld.ts'
import { useOperatorWorldWithStreams } from './useOperatorWorld.ts'

let world: OperatorWorld

useOperatorWorldWithStreams((started) => {
  world = started
})

interface Named {
  metadata: { namespace?: string; name: string; ownerReferences?: object[] }
}

async function namesOf(kind: 'oomr' | 'noomr'): Promise<string[]> {
  const { items } = await world.get<{ items: Named[] }>(kind, '-A')
  return items.map(({ metadata: { namespace, name } }) => (namespace === undefined ? name : `${namespace}/${name}`))
}

/** As if the last kill had been then, and told then. */
async function quietSince(target: readonly string[], at: string): Promise<void> {
  const { status } = await world.get<{ status: { lastKills: object[] } }>(...target)
  const lastKills = status.lastKills.map((kill) => ({ ...kill, time: at, seenAt: at }))
  const patch = JSON.stringify({ status: { lastSeen: at, lastKills } })
  await world.api.kubectl(['patch', ...target, '--subresource=status', '--type=merge', '-p', patch])
}

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString()

async function untilOnly(kind: 'oomr' | 'noomr', expected: readonly string[]): Promise<void> {
  const isSo = async () => {
    const names = await namesOf(kind)
    if (names.length <= expected.length) return names
    throw new Error(`there are ${names.join(', ')}`)
  }
  const names = await waitUntil(`the reports ${expected.join(', ')}`, isSo, { deadlineMs: 20_000, everyMs: 200 })
  expect(names.toSorted()).toEqual(expected.toSorted())
}

describe('reports, with real nats-server, etcd and kube-apiserver', () => {
  it('outlive their pod, its ReplicaSet and its Deployment, and go on counting for the next of that name', async () => {
    const deploy = async (generation: number) => {
      await world.makeController('apps/v1', 'Deployment', 'web')
      await world.makeController('apps/v1', 'ReplicaSet', `web-${generation}`, 'Deployment/web')
      return world.makePod({ name: `web-${generation}-x`, owner: `ReplicaSet/web-${generation}` })
    }
    const pod = await deploy(1)
    await world.readyOperator()
    await world.publishKills(3, inPod(pod))
    await world.untilKills('deployment.web.app', 3)
    for (const object of ['pod/web-1-x', 'replicaset/web-1', 'deployment/web']) {
      await world.api.kubectl(['delete', '-n', 'shop', object, '--grace-period=0', '--force'])
    }
    // Told late: the operator knows the pod for an hour.
    await world.publishKills(1, inPod(pod))
    expect(await world.untilKills('deployment.web.app', 4)).toMatchObject({ kills: 4, workload: 'Deployment/web' })
    await world.endOperators()
    await world.readyOperator()
    const report = await world.get<Named>('oomr', '-n', 'shop', 'deployment.web.app')
    expect(report.metadata.ownerReferences).toBeUndefined()
    const next = await deploy(2)
    await world.publishKills(2, inPod(next))
    expect(await world.untilKills('deployment.web.app', 6)).toMatchObject({ kills: 6 })
    await world.api.kubectl(['delete', 'oomr', '-n', 'shop', '--all'])
  }, 90_000)

  it('are deleted by age, beyond so many in a namespace, and beyond so many in all, the longest quiet first', async () => {
    await world.api.kubectl(['create', 'namespace', 'store'])
    const shop = await Promise.all(['a', 'b', 'c', 'd'].map((name) => world.makePod({ name })))
    const store = await Promise.all(['e', 'f'].map((name) => world.makePod({ name, namespace: 'store' })))
    await world.readyOperator()
    for (const pod of [...shop, ...store]) await world.publishKills(1, inPod(pod))
    for (const { name, namespace } of [...shop, ...store]) await world.untilKills(`pod.${name}.app`, 1, namespace)
    for (const node of ['node-a', 'node-b']) await world.publishKills(1, { node, attribution: { source: 'none' } })
    await waitUntil('both nodes’ reports', async () => (await namesOf('noomr')).length === 2 || undefined, {
      deadlineMs: 20_000,
    })
    await world.untilSettled()
    await world.endOperators()
    const quietDays = { a: 40, b: 20, c: 10, d: 1, e: 15, f: 2 }
    for (const { name, namespace } of [...shop, ...store]) {
      const days = quietDays[name as keyof typeof quietDays]
      await quietSince(['oomr', '-n', namespace, `pod.${name}.app`], daysAgo(days))
    }
    await quietSince(['noomr', 'node-b'], daysAgo(31))

    const ages = { OOMKEEPER_REPORT_MAX_AGE_DAYS: '30' }
    await world.readyOperator(ages)
    await untilOnly('oomr', [
      'shop/pod.b.app',
      'shop/pod.c.app',
      'shop/pod.d.app',
      'store/pod.e.app',
      'store/pod.f.app',
    ])
    await untilOnly('noomr', ['node-a'])
    await world.endOperators()

    await world.readyOperator({ ...ages, OOMKEEPER_REPORTS_PER_NAMESPACE: '2' })
    await untilOnly('oomr', ['shop/pod.c.app', 'shop/pod.d.app', 'store/pod.e.app', 'store/pod.f.app'])
    await world.endOperators()

    const { baseUrl } = await world.readyOperator({ ...ages, OOMKEEPER_REPORTS_TOTAL: '3' })
    await untilOnly('oomr', ['shop/pod.c.app', 'shop/pod.d.app', 'store/pod.f.app'])
    expect(await (await fetch(`${baseUrl}/metrics`)).text()).toMatch(
      /^oomkeeper_operator_reports_deleted_total\{kind="OOMReport",reason="totalCount"\} 1$/m,
    )
    // What is gone begins anew with the next kill.
    await world.publishKills(1, inPod(shop[0]!))
    expect(await world.untilKills('pod.a.app', 1)).toMatchObject({ kills: 1 })
  }, 120_000)
})
