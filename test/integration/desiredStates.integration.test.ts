import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { connect, type NatsConnection } from 'nats'
import { DESIRED_BUCKET } from '../../contract/subjects.ts'
import { NatsPolicies } from '../../operator/adapters/natsPolicies.ts'
import { decide } from '../../operator/policies/decide.ts'
import { DesiredStates } from '../../operator/runtime/desiredStates.ts'
import { clusterFactsOf, policyOf, policyPodOf } from '../../operator/testing/policies.ts'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { startNats, type PrivateNats } from '../cluster/privateServers.ts'
import { describeUnless } from '../support/leftOut.ts'

const NODES = 300
const NOW = new Date('2026-03-01T10:00:00.000Z')
const pods = Array.from({ length: NODES }, (_, at) => policyPodOf({ node: `node-${at}` }))
const desired = (value: number) => {
  const spec = { oomScoreAdj: { value }, allowCrossQoS: true, allowUnlimited: true }
  return decide([policyOf('p', spec)], pods, clusterFactsOf()).desired
}

let nats: PrivateNats
let connection: NatsConnection

/** An operator that leads for so many writes. */
function operatorFor(writes: number): NatsPolicies {
  return new NatsPolicies(connection.jetstream(), () => {
    if (writes-- <= 0) throw new Error('the lease is another one’s')
  })
}

/** Scores of all nodes as they are stored, and how many writes that took. */
async function readStored(): Promise<{ scores: string[]; nodes: number; writes: number }> {
  const states = await operatorFor(0).readAll()
  const scores = [...states.values()].map(({ state }) => /"value":(-?\d+)/.exec(state)?.[1] ?? '')
  const jsm = await connection.jetstreamManager()
  const { last_seq: writes } = (await jsm.streams.info(`KV_${DESIRED_BUCKET}`)).state
  return { scores: [...new Set(scores)], nodes: states.size, writes }
}

describeUnless(whyNoServers(), 'desired states of many nodes in a real nats-server', () => {
  beforeAll(async () => {
    nats = await startNats({ nodes: ['node-0'], log: () => undefined })
    const { user, password } = nats.users.operator
    connection = await connect({ servers: nats.url, user, pass: password })
  }, 120_000)

  afterAll(async () => {
    await connection.close()
    await nats.dispose()
  })

  it('are written to the end by the next operator when the lease changes half way, and none twice', async () => {
    const first = await DesiredStates.read(operatorFor(120))
    await expect(first.write(desired(500), NOW)).rejects.toThrow('the lease is another one’s')
    expect(await readStored()).toEqual({ scores: ['500'], nodes: 120, writes: 120 })
    const second = await DesiredStates.read(operatorFor(Number.POSITIVE_INFINITY))
    await second.write(desired(500), new Date(NOW.getTime() + 60_000))
    expect(await readStored()).toEqual({ scores: ['500'], nodes: NODES, writes: NODES })
    await second.write(desired(600), NOW)
    expect(await readStored()).toEqual({ scores: ['600'], nodes: NODES, writes: 2 * NODES })
  }, 60_000)

  it('are looked at again, where another operator wrote or deleted one', async () => {
    const other = operatorFor(Number.POSITIVE_INFINITY)
    const states = await DesiredStates.read(other)
    const { writes } = await readStored()
    await other.put('node-0', 'late')
    await other.delete('node-1')
    for (const token of ['node-0', 'node-1', 'never']) await states.readAgain(token)
    expect([states.revisionOf('node-0'), states.revisionOf('node-1')]).toEqual([writes + 1, writes + 2])
    await states.write(desired(600), NOW)
    expect(await readStored()).toEqual({ scores: ['600'], nodes: NODES, writes: writes + 4 })
  }, 60_000)
})
