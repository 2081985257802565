import { describe, expect, it } from '@jest/globals'
import type { DesiredState } from '../../contract/desiredState.ts'
import type { KillEvent } from '../../contract/killEvent.ts'
import { DESIRED_BUCKET } from '../../contract/subjects.ts'
import type { OomPolicyStatus } from '../../operator/api/oomPolicy.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { allowPolicyStatus } from './operatorRights.ts'
import { inPod, type OperatorWorld } from './operatorWorld.ts'
import { useOperatorWorld } from './useOperatorWorld.ts'

let world: OperatorWorld

useOperatorWorld((started) => {
  world = started
})

async function makeNode(name: string, memory: string): Promise<void> {
  await world.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name } })
  const status = { capacity: { memory }, allocatable: { memory } }
  const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]
  await world.api.kubectl(['patch', 'node', name, ...patch])
}

const memory = (limit: string | undefined, request: string) => ({
  ...(limit !== undefined && { limits: { memory: limit } }),
  requests: { memory: request },
})

/** One that a test before made. */
async function podNamed(name: string, namespace = 'shop') {
  const { metadata } = await world.get<{ metadata: { uid: string } }>('pod', '-n', namespace, name)
  return { namespace, name, uid: metadata.uid, containerId: Buffer.from(name).toString('hex').padEnd(64, '0') }
}

async function applyPolicy(spec: object, name = 'keep-db'): Promise<void> {
  const metadata = { name }
  await world.apply({ apiVersion: 'oomkeeper.io/v1alpha1', kind: 'OOMPolicy', metadata, spec })
}

function untilPolicy(
  what: string,
  holds: (status: OomPolicyStatus) => boolean,
  name = 'keep-db',
): Promise<OomPolicyStatus> {
  const probe = async () => {
    const { status } = await world.get<{ status?: OomPolicyStatus }>('oomp', name)
    return status !== undefined && holds(status) ? status : undefined
  }
  return waitUntil(`the policy to be ${what}`, probe, { deadlineMs: 20_000, everyMs: 200 })
}

const conditionOf = ({ conditions }: OomPolicyStatus, type: string) => conditions.find((one) => one.type === type)

/** Names of the containers' pods that the node is told of, by container id. */
async function toldIds(node: string): Promise<string[]> {
  const bucket = await world.js.views.kv(DESIRED_BUCKET, { bindOnly: true })
  const entry = await bucket.get(node)
  if (entry?.operation !== 'PUT') return []
  return entry.json<DesiredState>().containers.map(({ containerId = '' }) => containerId)
}

const untilTold = (node: string, ...ids: string[]): Promise<true> =>
  waitUntil(
    `${node} to be told of ${ids.length} containers`,
    async () => (await toldIds(node)).join() === ids.join() || undefined,
    {
      deadlineMs: 20_000,
      everyMs: 200,
      evidence: async () => `told of ${(await toldIds(node)).join()}\n${world.tail}`,
    },
  )

const PROTECT = { podSelector: { matchLabels: { app: 'db' } }, oomScoreAdj: { value: -500 }, mode: 'Enforce' }
const row = { uid: 999, totalVmPages: 90_000, rssPages: 80_000 }
/** The node's memory ran out, and the database was the first by hardly anything, before a batch job. */
const nodeKill = (podUid: string, batch: { podUid: string; containerId: string }): Partial<KillEvent> => ({
  scope: 'Node',
  constraint: 'None',
  domain: {},
  victim: { pid: 8123, command: 'postgres', anonRssKib: 320_000, fileRssKib: 0, shmemRssKib: 0, oomScoreAdj: 990 },
  candidates: [
    { ...row, pid: 8123, command: 'postgres', badnessPages: 340_000, oomScoreAdj: 990, podUid },
    { ...row, pid: 900, command: 'batch', badnessPages: 339_000, oomScoreAdj: 990, liveOomScore: 1_300, ...batch },
  ],
})

describe('guard rails of an OOMPolicy, with real nats-server, etcd and kube-apiserver', () => {
  it('keep a policy within its budget and from what has no limit, and tell the pods', async () => {
    await makeNode('node-a', '1Gi')
    const labels = { app: 'db' }
    const first = await world.makePod({ name: 'first', labels, resources: memory('400Mi', '10Mi') })
    await world.makePod({ name: 'second', labels, resources: memory('200Mi', '10Mi') })
    await world.makePod({ name: 'unlimited', labels, resources: memory(undefined, '10Mi') })
    const { baseUrl } = await world.readyOperator()
    expect(baseUrl).toMatch(/^http/)
    await applyPolicy(PROTECT)
    await untilTold('node-a', first.containerId)
    const status = await untilPolicy('kept within rails', ({ skipped }) => skipped === 2)
    expect(status).toMatchObject({ matched: { containers: 3 }, failed: 0, nodes: { told: 1 } })
    expect(status.reasons?.map(({ outcome, reason, containers }) => [outcome, reason, containers])).toEqual([
      ['Skipped', 'BudgetExceeded', 1],
      ['Skipped', 'UnlimitedMemory', 1],
    ])
    const described = await waitUntil(
      'an Event',
      async () => {
        const text = await world.api.kubectl(['describe', 'pod', '-n', 'shop', 'unlimited'])
        return text.includes('OOMPolicyNotApplied') ? text : undefined
      },
      { deadlineMs: 20_000 },
    )
    expect(described).toContain('OOMPolicy keep-db is not applied in container app: UnlimitedMemory: ')
  }, 60_000)

  it('take a policy back from a node whose memory runs out soon after, over a restart, until it is tried again', async () => {
    await world.readyOperator()
    const pod = await podNamed('first')
    const { containerId } = pod
    await untilTold('node-a', containerId)
    // No report of namespace shop names it.
    await world.api.kubectl(['create', 'namespace', 'etl'])
    const batch = { name: 'batch', namespace: 'etl', labels: { app: 'batch' } }
    const { uid: podUid, containerId: ofBatch } = await world.makePod(batch)
    await world.publishKills(1, { ...nodeKill(pod.uid, { podUid, containerId: ofBatch }), ...inPod(pod) })
    await untilTold('node-a')
    const status = await untilPolicy('degraded', (one) => conditionOf(one, 'Degraded')?.status === 'True')
    expect(status.rollback).toMatchObject({ generation: 1, nodes: [{ node: 'node-a' }] })
    await waitUntil(
      'an Event on the policy and the node',
      async () => {
        const texts = ['oomp/keep-db', 'node/node-a'].map((name) => world.api.kubectl(['describe', name]))
        return (await Promise.all(texts)).every((text) => text.includes('OOMPolicyRolledBack')) || undefined
      },
      { deadlineMs: 20_000 },
    )

    await world.endOperators()
    await world.readyOperator()
    await untilPolicy('replayed', (one) => conditionOf(one, 'Effective')?.status === 'True')
    expect(await toldIds('node-a')).toEqual([])
    await applyPolicy({ podSelector: { matchLabels: { app: 'batch' } }, oomScoreAdj: { value: 1000 } }, 'batch-first')
    const drawn = await untilPolicy('replayed', (one) => conditionOf(one, 'Effective') !== undefined, 'batch-first')
    expect(conditionOf(drawn, 'Effective')).toMatchObject({ status: 'True', reason: 'WouldHaveChanged' })
    await world.api.kubectl(['delete', 'oomp', 'batch-first'])

    await world.api.kubectl(['annotate', 'oomp', 'keep-db', 'oomkeeper.io/retry=looked-at'])
    await untilTold('node-a', containerId)
    const again = await untilPolicy('applied again', (one) => conditionOf(one, 'Degraded')?.status === 'False')
    expect(again).not.toHaveProperty('rollback')
    expect(conditionOf(again, 'Effective')?.message).toBe(
      'would have changed 1 of the last 1 kills it could have touched',
    )
  }, 120_000)

  it('take it back for a kill that was counted before a kill -9 of the operator, and of which nothing had come', async () => {
    const operator = await world.readyOperator()
    const pod = await podNamed('first')
    await untilTold('node-a', pod.containerId)
    // It gets as far as the kill's report, and no further.
    await allowPolicyStatus(world.api.kubectl, false)
    const { uid: podUid, containerId } = await podNamed('batch', 'etl')
    await world.publishKills(1, { ...nodeKill(pod.uid, { podUid, containerId }), ...inPod(pod) })
    await world.untilKills('pod.first.app', 2)
    await operator.program.said('to write the status of OOMPolicy keep-db, got 403')
    await world.untilSettled()
    expect(await toldIds('node-a')).toEqual([pod.containerId])
    await world.endOperators()
    await allowPolicyStatus(world.api.kubectl, true)
    expect((await world.get<{ status: OomPolicyStatus }>('oomp', 'keep-db')).status.rollback).toBeUndefined()

    await world.readyOperator()
    await untilTold('node-a')
    const status = await untilPolicy('degraded', (one) => conditionOf(one, 'Degraded')?.status === 'True')
    expect(status.rollback).toMatchObject({ retry: 'looked-at', nodes: [{ node: 'node-a' }] })
  }, 120_000)

  it('say after a kill -9 of the operator what it had told the node and not said, and tell the node nothing anew', async () => {
    const operator = await world.readyOperator()
    await untilPolicy('degraded', (one) => conditionOf(one, 'Degraded')?.status === 'True')
    await allowPolicyStatus(world.api.kubectl, false)
    await applyPolicy({ ...PROTECT, oomScoreAdj: { value: -400 } })
    const pod = await podNamed('first')
    await untilTold('node-a', pod.containerId)
    await operator.program.said('to write the status of OOMPolicy keep-db, got 403')
    await world.endOperators()
    await allowPolicyStatus(world.api.kubectl, true)
    const bucket = await world.js.views.kv(DESIRED_BUCKET, { bindOnly: true })
    const before = await bucket.get('node-a')

    await world.readyOperator()
    const status = await untilPolicy('of the second generation', (one) => one.rollback === undefined)
    expect(conditionOf(status, 'Ready')).toMatchObject({ observedGeneration: 2 })
    expect((await bucket.get('node-a'))?.revision).toBe(before?.revision)
  }, 120_000)
})
