import { beforeEach, describe, expect, it } from '@jest/globals'
import type { OomPolicyStatus } from '../api/oomPolicy.ts'
import type { FakeBucket } from '../testing/fakeBucket.ts'
import { policyOf } from '../testing/policies.ts'
import { CONTAINER, PolicyEngineWorld, plainPodOf } from '../testing/policyEngineWorld.ts'
import type { PolicyEngine } from './policyEngine.ts'

let world: PolicyEngineWorld
let bucket: FakeBucket
let calls: string[]
let statuses: OomPolicyStatus[]
let engine: PolicyEngine

describe('PolicyEngine, after a kill that was the node’s affair,', () => {
  const PROTECTS = { oomScoreAdj: { value: -500 } }
  const LIMITED = [{ name: 'app', type: 'App' as const, id: CONTAINER, memory: { limit: '64Mi', request: '64Mi' } }]
  const kill = (afterMs: number, node = 'node-a') => [{ node, atMs: world.now.getTime() + afterMs }]

  beforeEach(async () => {
    world = await PolicyEngineWorld.start()
    ;({ bucket, calls, statuses, engine } = world)
    world.pods = [
      plainPodOf({ members: LIMITED }),
      plainPodOf({ members: LIMITED, node: 'node-b', uid: 'b'.repeat(32) }),
    ]
    engine.nodes.put('a', { name: 'node-a', memory: undefined, isVirtual: false })
    await world.settle(() => engine.policies.put('u', policyOf('p', PROTECTS)))
  })

  it('takes a policy that protects back from the node, and says so before it does', async () => {
    const { writes } = bucket
    await world.settle(() => engine.noteKills(kill(60_000)))
    expect(bucket.policies('node-a')).toEqual([])
    expect(bucket.policies('node-b')).toEqual(['p'])
    expect(calls).toEqual(['took back p from node-a', 'told web-1: RolledBack'])
    expect(statuses.at(-1)).toMatchObject({
      skipped: 1,
      reasons: [{ outcome: 'Skipped', reason: 'RolledBack' }],
      rollback: { generation: 1, nodes: [{ node: 'node-a' }] },
      conditions: [{ reason: 'RolledBack' }, {}, {}, { type: 'Degraded', status: 'True' }],
    })
    expect(bucket.writes - writes).toBe(1)
  })

  it.each([
    ['after the window', 600_001, 'node-a'],
    ['on another node', 60_000, 'node-c'],
  ])('leaves it where it was %s', async (_which, afterMs, node) => {
    await world.settle(() => engine.noteKills(kill(afterMs, node)))
    expect(bucket.policies('node-a')).toEqual(['p'])
    expect(calls).toEqual([])
  })

  it('leaves one that only raises, and one that only audits', async () => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    await world.settle(() => engine.policies.put('v', policyOf('q', { ...PROTECTS, mode: 'Audit' }, { uid: 'v' })))
    await world.settle(() => engine.noteKills(kill(60_000)))
    expect(calls).toEqual([])
  })

  it('keeps to it over a restart of the operator, and applies it again when it is told to', async () => {
    const rollback = { generation: 1, nodes: [{ node: 'node-a', time: world.now.toISOString() }] }
    await world.settle(() => engine.policies.put('u', policyOf('p', PROTECTS, { uid: 'w', rollback })))
    expect(bucket.policies('node-a')).toEqual([])
    await world.settle(() => engine.policies.put('u', policyOf('p', PROTECTS, { uid: 'w', rollback, retry: '1' })))
    expect(bucket.policies('node-a')).toEqual(['p'])
    expect(statuses.at(-1)).not.toHaveProperty('rollback')
    await world.settle(() => engine.noteKills(kill(60_000)))
    expect(statuses.at(-1)).toMatchObject({ rollback: { retry: '1', nodes: [{ node: 'node-a' }] } })
    await world.settle(() => engine.policies.put('u', policyOf('p', PROTECTS, { uid: 'w', retry: '1', generation: 2 })))
    expect(bucket.policies('node-a')).toEqual(['p'])
  })

  /** Another operator begins, and has been told this when it decides first. */
  async function startAnother(tell: (later: PolicyEngine) => void): Promise<void> {
    const later = world.makeEngine({ rolledBack: () => calls.push('took back') })
    later.nodes.put('a', { name: 'node-a', memory: undefined, isVirtual: false })
    later.policies.put('u', policyOf('p', PROTECTS))
    tell(later)
    await world.run(later)
  }

  it('goes by when the node was first told, which the state itself says after a restart', async () => {
    world.pass(3_600_000)
    await startAnother((later) => later.noteKills(kill(1_000)))
    expect(calls).toEqual([])
    expect(bucket.policies('node-a')).toEqual(['p'])
  })

  it('takes it back after a restart for a kill that was counted and not looked at any more', async () => {
    await startAnother((later) =>
      later.noteStoredKills(kill(60_000).map((one) => ({ ...one, countedAtMs: one.atMs + 1_000 }))),
    )
    expect(calls).toEqual(['took back'])
    expect(bucket.policies('node-a')).toEqual([])
  })

  it('leaves a kill that an operator counted long before it ended: it has looked at it', async () => {
    const stored = kill(60_000).map((one) => ({ ...one, countedAtMs: one.atMs + 1_000 }))
    world.pass(3_600_000)
    await bucket.renewLease(world.now)
    await startAnother((later) => later.noteStoredKills(stored))
    expect(calls).toEqual([])
    expect(bucket.policies('node-a')).toEqual(['p'])
  })

  it('begins the ten minutes once where an operator ended before a status said that it is applied again', async () => {
    const rollback = { generation: 1, nodes: [{ node: 'node-a', time: world.now.toISOString() }] }
    world.pass(60_000)
    await world.settle(() => engine.policies.put('u', policyOf('p', PROTECTS, { generation: 2 })))
    const { writes } = bucket
    world.pass(60_000)
    await startAnother((later) => later.policies.put('u', policyOf('p', PROTECTS, { generation: 2, rollback })))
    expect(bucket.writes).toBe(writes)
  })

  it('leaves the node’s state as it is while the policy’s status cannot say that it was taken back', async () => {
    const failure = new Error('expected an answer, got none')
    world.statusFailure = failure
    engine.noteKills(kill(60_000))
    await expect(world.running).rejects.toThrow(failure)
    await expect(engine.run(bucket, new AbortController().signal)).rejects.toThrow(failure)
    expect(bucket.policies('node-a')).toEqual(['p'])
    world.statusFailure = undefined
    await world.run(engine)
    expect(statuses.at(-1)).toMatchObject({ rollback: { nodes: [{ node: 'node-a' }] } })
    expect(bucket.policies('node-a')).toEqual([])
  })
})
