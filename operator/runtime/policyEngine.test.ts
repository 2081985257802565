import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from '@jest/globals'
import type { OomPolicyStatus } from '../api/oomPolicy.ts'
import type { Verdict } from '../reports/condition.ts'
import type { FakeBucket } from '../testing/fakeBucket.ts'
import { POLICY_UID, policyOf } from '../testing/policies.ts'
import { CONTAINER, PolicyEngineWorld, plainPodOf } from '../testing/policyEngineWorld.ts'
import type { PolicyEngine } from './policyEngine.ts'

const NOTHING = { rules: [], reasons: [], containers: [] }
/** What a node says of the one container. */
const APPLIED = {
  rules: [{ policy: 'p', uid: POLICY_UID, generation: 1 }],
  reasons: [],
  containers: [{ containerId: CONTAINER, outcomes: [{ rule: 0, outcome: 'applied' as const, processes: 1 }] }],
}

let world: PolicyEngineWorld
let bucket: FakeBucket
let calls: string[]
let replays: string[]
let verdicts: Map<string, Verdict>
let statuses: OomPolicyStatus[]
let engine: PolicyEngine

beforeEach(async () => {
  world = await PolicyEngineWorld.start()
  ;({ bucket, calls, replays, verdicts, statuses, engine } = world)
})

describe('PolicyEngine', () => {
  it('writes the node’s state and the policy’s status, and nothing when nothing changes', async () => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    expect(bucket.policies('node-a')).toEqual(['p'])
    expect(statuses).toMatchObject([{ matched: { pods: 1, containers: 1 }, applied: 0 }])
    const { writes } = bucket
    await world.settle()
    expect([bucket.writes - writes, statuses.length]).toEqual([0, 1])
  })

  it('says again and again that it stands by the states, and writes none for it', async () => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    const { writes, renewals } = bucket
    world.now = new Date('2026-03-01T10:00:14.000Z')
    await world.settle()
    world.now = new Date('2026-03-01T10:00:15.000Z')
    await world.settle()
    await turn()
    expect(renewals).toEqual(['2026-03-01T10:00:00.000Z', '2026-03-01T10:00:15.000Z'])
    expect(bucket.writes).toBe(writes)
  })

  it('says applied once the node says it of this container and policy', async () => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    await world.settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 1, restoring: 0 }))
    expect(statuses.at(-1)).toMatchObject({ applied: 1, conditions: [{ status: 'True' }, {}, {}, {}] })
  })

  it('hears a node about its own containers only', async () => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    await world.settle(() => engine.noteStatus('node-b', { ...APPLIED, desiredRevision: 1 }))
    expect(statuses.at(-1)).toMatchObject({ applied: 0 })
  })

  it('tells nothing to a node whose agent only detects, says so, and tells it when the agent writes again', async () => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    await world.settle(() => engine.noteStatus('node-a', { ...NOTHING, mode: 'detect' }))
    expect(bucket.policies('node-a')).toEqual([])
    expect(statuses.at(-1)).toMatchObject({
      failed: 1,
      reasons: [{ outcome: 'Failed', reason: 'DetectsOnly', containers: 1 }],
      nodes: { told: 0, behind: 0 },
    })
    await world.settle(() => engine.noteStatus('node-a', { ...NOTHING, mode: 'raise' }))
    expect(bucket.policies('node-a')).toEqual(['p'])
  })

  it('holds an enforcing policy before it writes anything, and no auditing one', async () => {
    await world.settle(() => engine.policies.put('u', policyOf('p', {}, { held: false })))
    expect(calls).toEqual(['hold p'])
    await world.settle(() => engine.policies.put('v', policyOf('q', { mode: 'Audit' }, { held: false })))
    expect(calls.filter((line) => line === 'hold q')).toEqual([])
  })

  it('lets a deleted policy vanish once every node has given back', async () => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    await world.settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
    expect(bucket.policies('node-a')).toEqual([])
    expect(calls).toEqual([])
    await world.settle(() => engine.noteStatus('node-a', { ...NOTHING, desiredRevision: 2, restoring: 1 }))
    expect(calls).toEqual([])
    await world.settle(() => engine.noteStatus('node-a', { ...NOTHING, desiredRevision: 2, restoring: 0 }))
    expect(calls).toEqual(['release p'])
  })

  it('does not keep a deleted policy for a node that is down for longer than a minute', async () => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    await world.settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
    world.pass(60_000)
    await world.settle()
    expect(calls).toEqual(['gave up on node-a for p', 'release p'])
  })

  it.each<[string, () => void]>([
    ['set to Audit', () => engine.policies.put('u', policyOf('p', { mode: 'Audit' }))],
    ['kept from its pods by their labels', () => (world.pods = [plainPodOf({ namespace: 'unknown' })])],
  ])('waits for a node that has not given back yet what a policy had set before it was %s', async (_how, change) => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    await world.settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 1 }))
    await world.settle(change)
    await world.settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
    expect(calls).toEqual([])
    await world.settle(() => engine.noteStatus('node-a', { ...NOTHING, desiredRevision: 3 }))
    expect(calls).toEqual(['release p'])
  })

  it('waits no more for a node that gave back before the policy was deleted', async () => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    await world.settle(() => engine.policies.put('u', policyOf('p', { mode: 'Audit' })))
    await world.settle(() => engine.noteStatus('node-a', { ...NOTHING, desiredRevision: 2 }))
    await world.settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
    expect(calls).toEqual(['release p'])
  })

  it('waits for no node where the policy set nothing, nor for one that is gone', async () => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    await world.settle(() => (world.pods = [plainPodOf({ node: 'node-b' })]))
    await world.settle(() => engine.noteStatus('node-b', { ...NOTHING, desiredRevision: 9, restoring: 0 }))
    await world.settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
    expect(calls).toEqual(['release p'])
  })

  it('writes anew what an operator that led before wrote last, once the node says that it was told so', async () => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    const mine = bucket.states.get('node-a')?.state ?? ''
    await bucket.put('node-a', mine.replace('"value":1000', '"value":900'))
    const { writes } = bucket
    await world.settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 2 }))
    expect([bucket.states.get('node-a')?.state, bucket.writes - writes]).toEqual([mine, 1])
  })

  it('looks once for a revision that a node speaks of and nobody wrote', async () => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    for (const restoring of [1, 2, 3])
      await world.settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 1e9, restoring }))
    expect([bucket.reads, bucket.writes]).toEqual([1, 1])
  })

  it('waits for nodes where an operator that led before had the policy set something', async () => {
    await bucket.put('node-b', 'with the policy')
    await bucket.delete('node-b')
    await world.settle(() => engine.noteStatus('node-b', { ...APPLIED, desiredRevision: 1 }))
    await world.settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
    expect(calls).toEqual([])
    await world.settle(() => engine.noteStatus('node-b', { ...NOTHING, desiredRevision: 2, restoring: 0 }))
    expect(calls).toEqual(['release p'])
  })

  it('takes back the state of a node whose last pod is gone', async () => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    await world.settle(() => (world.pods = []))
    expect(bucket.states.size).toBe(0)
  })

  it('writes the state of one node when a pod of it changes', async () => {
    const onNode = (node: string, letter: string) =>
      plainPodOf({ node, uid: letter.repeat(32), members: [{ name: 'app', type: 'App', id: letter.repeat(64) }] })
    await world.settle(() => {
      world.pods = [onNode('node-a', 'a'), onNode('node-b', 'b'), onNode('node-e', 'e')]
      engine.policies.put('u', policyOf())
    })
    const before = new Map(bucket.states)
    await world.settle(() => (world.pods = [...world.pods.slice(1), onNode('node-a', 'f')]))
    const changed = [...bucket.states].filter(([token, state]) => state !== before.get(token)).map(([token]) => token)
    expect(changed).toEqual(['node-a'])
    expect(bucket.writes).toBe(4)
  })

  it('waits for no node where a deleted policy only audited', async () => {
    await world.settle(() => engine.policies.put('u', policyOf('p', { mode: 'Audit' })))
    expect(bucket.policies('node-a')).toEqual(['p'])
    await world.settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
    expect(calls).toEqual(['release p'])
  })

  it('says that a node is behind when it has not taken up its state for a while, and when it has again', async () => {
    await world.settle(() => engine.policies.put('u', policyOf()))
    await world.settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 0 }))
    expect(statuses.at(-1)).toMatchObject({ applied: 1, nodes: { told: 1, behind: 0 } })
    world.pass(15_000)
    await world.settle()
    expect(statuses.at(-1)).toMatchObject({ nodes: { told: 1, behind: 1 } })
    await world.settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 1 }))
    expect(statuses.at(-1)).toMatchObject({ nodes: { told: 1, behind: 0 } })
  })

  describe('where somebody sets the clock', () => {
    const set = (byMs: number): void => {
      world.pass(byMs)
      world.setByMs += byMs
    }

    it.each([86_400_000, -86_400_000])('waits for nodes as long as without it (%i ms)', async (byMs) => {
      await world.settle(() => engine.policies.put('u', policyOf()))
      await world.settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 0 }))
      set(byMs)
      await world.settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
      set(byMs)
      await world.settle()
      expect(calls).toEqual([])
      world.pass(60_000)
      await world.settle()
      expect(calls).toEqual(['gave up on node-a for p', 'release p'])
    })

    it('stands by the states as often when it was set back', async () => {
      await world.settle(() => engine.policies.put('u', policyOf()))
      const { length } = bucket.renewals
      set(-86_400_000)
      await world.settle()
      expect(bucket.renewals).toHaveLength(length)
      world.pass(15_000)
      await world.settle()
      await turn()
      expect(bucket.renewals.slice(length)).toEqual(['2026-02-28T10:00:15.000Z'])
    })

    it('says how many processes there are, and replays past kills, when it was set back', async () => {
      await world.settle(() => engine.policies.put('u', policyOf()))
      await world.settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 1 }))
      const [container] = APPLIED.containers
      const outcomes = [{ rule: 0, outcome: 'applied' as const, processes: 7 }]
      const containers = container === undefined ? [] : [{ ...container, outcomes }]
      set(-86_400_000)
      await world.settle(() => engine.noteStatus('node-a', { ...APPLIED, containers, desiredRevision: 1 }))
      world.pass(60_000)
      const { length } = replays
      await world.settle(() => engine.noteReports())
      expect(statuses.at(-1)).toMatchObject({ matched: { processes: 7 } })
      expect(replays).toHaveLength(length + 1)
    })
  })

  it('replays past kills for a new policy at once, and for all once a minute when reports have changed', async () => {
    const verdict: Verdict = { status: 'True', reason: 'WouldHaveChanged', message: 'would have changed 1' }
    for (const name of ['p', 'q']) verdicts.set(name, verdict)
    await world.settle(() => engine.policies.put('u', policyOf()))
    expect(statuses.at(-1)?.conditions.at(-1)).toMatchObject({ type: 'Effective', ...verdict })
    await world.settle(() => engine.policies.put('v', policyOf('q', {}, { uid: 'v' })))
    await world.settle()
    expect(replays).toEqual(['p', 'q'])
    await world.settle(() => engine.noteReports())
    expect(replays.at(-1)).toBe('p,q')
    await world.settle(() => engine.noteReports())
    world.pass(59_000)
    await world.settle()
    expect(replays).toHaveLength(3)
    world.pass(1_000)
    await world.settle()
    expect(replays).toHaveLength(4)
  })

  it('writes a status of which only the number of processes has changed when half a minute is over', async () => {
    const saying = (processes: number) => ({
      ...APPLIED,
      containers: [{ containerId: CONTAINER, outcomes: [{ rule: 0, outcome: 'applied' as const, processes }] }],
    })
    await world.settle(() => engine.policies.put('u', policyOf()))
    await world.settle(() => engine.noteStatus('node-a', { ...saying(1), desiredRevision: 1 }))
    const { length } = statuses
    await world.settle(() => engine.noteStatus('node-a', { ...saying(7), desiredRevision: 1 }))
    expect(statuses).toHaveLength(length)
    world.pass(30_000)
    await world.settle()
    expect(statuses.slice(length)).toMatchObject([{ matched: { processes: 7 }, applied: 1 }])
  })
})
