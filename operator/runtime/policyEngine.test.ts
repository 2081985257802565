import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from '@jest/globals'
import type { OomPolicyStatus } from '../api/oomPolicy.ts'
import type { Verdict } from '../reports/condition.ts'
import type { PolicyPod } from '../policies/selection.ts'
import { FakeBucket } from '../testing/fakeBucket.ts'
import { POLICY_UID, clusterFactsOf, policyOf, policyPodOf } from '../testing/policies.ts'
import { PolicyEngine } from './policyEngine.ts'

const CONTAINER = 'c'.repeat(64)

const pod = (changes: Partial<PolicyPod> = {}): PolicyPod =>
  policyPodOf({ members: [{ name: 'app', type: 'App', id: CONTAINER }], ...changes })
const NOTHING = { rules: [], reasons: [], containers: [] }
/** What a node says of the one container. */
const APPLIED = {
  rules: [{ policy: 'p', uid: POLICY_UID, generation: 1 }],
  reasons: [],
  containers: [{ containerId: CONTAINER, outcomes: [{ rule: 0, outcome: 'applied' as const, processes: 1 }] }],
}

let bucket: FakeBucket
let pods: PolicyPod[]
let calls: string[]
let replays: string[]
let verdicts: Map<string, Verdict>
let statuses: OomPolicyStatus[]
/** Why the apiserver takes none. */
let statusFailure: Error | undefined
let now: Date
/** How far somebody has set the wall clock. */
let setByMs: number
let settled: PromiseWithResolvers<void>
let engine: PolicyEngine
let running: Promise<never>

/** Runs until everything is decided that has changed until now. */
async function settle(change: () => void = () => undefined): Promise<void> {
  settled = Promise.withResolvers()
  change()
  engine.wake()
  await settled.promise
}

beforeEach(async () => {
  bucket = new FakeBucket()
  pods = [pod()]
  calls = []
  replays = []
  verdicts = new Map()
  statuses = []
  statusFailure = undefined
  now = new Date('2026-03-01T10:00:00.000Z')
  setByMs = 0
  const stop = new AbortController()
  const call = (what: string) => (name: string) => Promise.resolve(void calls.push(`${what} ${name}`))
  engine = new PolicyEngine(() => pods, clusterFactsOf().rails, {
    settled: () => settled.resolve(),
    now: () => now,
    monotonicMs: () => now.getTime() - setByMs,
    sleep: (ms) => (ms > 500 ? new Promise(() => undefined) : Promise.resolve()),
    writeStatus: (_name, compute) =>
      statusFailure === undefined
        ? Promise.resolve(void statuses.push(compute(undefined)))
        : Promise.reject(statusFailure),
    hold: call('hold'),
    release: call('release'),
    replay: (policies) => (replays.push(policies.map(({ name }) => name).join()), verdicts),
    toldPods: (reasons) => calls.push(...reasons.map(({ pod: { name }, reason }) => `told ${name}: ${reason}`)),
    rolledBack: ({ name }, { node }) => calls.push(`took back ${name} from ${node}`),
    gaveUpOn: (name, nodes) => calls.push(`gave up on ${nodes.join()} for ${name}`),
  })
  engine.namespaces.put('n1', { name: 'shop', labels: {} })
  engine.noteHearing()
  settled = Promise.withResolvers()
  running = engine.run(bucket, stop.signal)
  running.catch(() => undefined)
  await settled.promise
})

describe('PolicyEngine', () => {
  it('writes the node’s state and the policy’s status, and nothing when nothing changes', async () => {
    await settle(() => engine.policies.put('u', policyOf()))
    expect(bucket.policies('node-a')).toEqual(['p'])
    expect(statuses).toMatchObject([{ matched: { pods: 1, containers: 1 }, applied: 0 }])
    const { writes } = bucket
    await settle()
    expect([bucket.writes - writes, statuses.length]).toEqual([0, 1])
  })

  it('says again and again that it stands by the states, and writes none for it', async () => {
    await settle(() => engine.policies.put('u', policyOf()))
    const { writes, renewals } = bucket
    now = new Date('2026-03-01T10:00:14.000Z')
    await settle()
    now = new Date('2026-03-01T10:00:15.000Z')
    await settle()
    await turn()
    expect(renewals).toEqual(['2026-03-01T10:00:00.000Z', '2026-03-01T10:00:15.000Z'])
    expect(bucket.writes).toBe(writes)
  })

  it('says applied once the node says it of this container and policy', async () => {
    await settle(() => engine.policies.put('u', policyOf()))
    await settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 1, restoring: 0 }))
    expect(statuses.at(-1)).toMatchObject({ applied: 1, conditions: [{ status: 'True' }, {}, {}, {}] })
  })

  it('hears a node about its own containers only', async () => {
    await settle(() => engine.policies.put('u', policyOf()))
    await settle(() => engine.noteStatus('node-b', { ...APPLIED, desiredRevision: 1 }))
    expect(statuses.at(-1)).toMatchObject({ applied: 0 })
  })

  it('tells nothing to a node whose agent only detects, says so, and tells it when the agent writes again', async () => {
    await settle(() => engine.policies.put('u', policyOf()))
    await settle(() => engine.noteStatus('node-a', { ...NOTHING, mode: 'detect' }))
    expect(bucket.policies('node-a')).toEqual([])
    expect(statuses.at(-1)).toMatchObject({
      failed: 1,
      reasons: [{ outcome: 'Failed', reason: 'DetectsOnly', containers: 1 }],
      nodes: { told: 0, behind: 0 },
    })
    await settle(() => engine.noteStatus('node-a', { ...NOTHING, mode: 'raise' }))
    expect(bucket.policies('node-a')).toEqual(['p'])
  })

  it('holds an enforcing policy before it writes anything, and no auditing one', async () => {
    await settle(() => engine.policies.put('u', policyOf('p', {}, { held: false })))
    expect(calls).toEqual(['hold p'])
    await settle(() => engine.policies.put('v', policyOf('q', { mode: 'Audit' }, { held: false })))
    expect(calls.filter((line) => line === 'hold q')).toEqual([])
  })

  it('lets a deleted policy vanish once every node has given back', async () => {
    await settle(() => engine.policies.put('u', policyOf()))
    await settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
    expect(bucket.policies('node-a')).toEqual([])
    expect(calls).toEqual([])
    await settle(() => engine.noteStatus('node-a', { ...NOTHING, desiredRevision: 2, restoring: 1 }))
    expect(calls).toEqual([])
    await settle(() => engine.noteStatus('node-a', { ...NOTHING, desiredRevision: 2, restoring: 0 }))
    expect(calls).toEqual(['release p'])
  })

  it('does not keep a deleted policy for a node that is down for longer than a minute', async () => {
    await settle(() => engine.policies.put('u', policyOf()))
    await settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
    now = new Date(now.getTime() + 60_000)
    await settle()
    expect(calls).toEqual(['gave up on node-a for p', 'release p'])
  })

  it.each<[string, () => void]>([
    ['set to Audit', () => engine.policies.put('u', policyOf('p', { mode: 'Audit' }))],
    ['kept from its pods by their labels', () => (pods = [pod({ namespace: 'unknown' })])],
  ])('waits for a node that has not given back yet what a policy had set before it was %s', async (_how, change) => {
    await settle(() => engine.policies.put('u', policyOf()))
    await settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 1 }))
    await settle(change)
    await settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
    expect(calls).toEqual([])
    await settle(() => engine.noteStatus('node-a', { ...NOTHING, desiredRevision: 3 }))
    expect(calls).toEqual(['release p'])
  })

  it('waits no more for a node that gave back before the policy was deleted', async () => {
    await settle(() => engine.policies.put('u', policyOf()))
    await settle(() => engine.policies.put('u', policyOf('p', { mode: 'Audit' })))
    await settle(() => engine.noteStatus('node-a', { ...NOTHING, desiredRevision: 2 }))
    await settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
    expect(calls).toEqual(['release p'])
  })

  it('waits for no node where the policy set nothing, nor for one that is gone', async () => {
    await settle(() => engine.policies.put('u', policyOf()))
    await settle(() => (pods = [pod({ node: 'node-b' })]))
    await settle(() => engine.noteStatus('node-b', { ...NOTHING, desiredRevision: 9, restoring: 0 }))
    await settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
    expect(calls).toEqual(['release p'])
  })

  it('writes anew what an operator that led before wrote last, once the node says that it was told so', async () => {
    await settle(() => engine.policies.put('u', policyOf()))
    const mine = bucket.states.get('node-a')?.state ?? ''
    await bucket.put('node-a', mine.replace('"value":1000', '"value":900'))
    const { writes } = bucket
    await settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 2 }))
    expect([bucket.states.get('node-a')?.state, bucket.writes - writes]).toEqual([mine, 1])
  })

  it('looks once for a revision that a node speaks of and nobody wrote', async () => {
    await settle(() => engine.policies.put('u', policyOf()))
    for (const restoring of [1, 2, 3])
      await settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 1e9, restoring }))
    expect([bucket.reads, bucket.writes]).toEqual([1, 1])
  })

  it('waits for nodes where an operator that led before had the policy set something', async () => {
    await bucket.put('node-b', 'with the policy')
    await bucket.delete('node-b')
    await settle(() => engine.noteStatus('node-b', { ...APPLIED, desiredRevision: 1 }))
    await settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
    expect(calls).toEqual([])
    await settle(() => engine.noteStatus('node-b', { ...NOTHING, desiredRevision: 2, restoring: 0 }))
    expect(calls).toEqual(['release p'])
  })

  it('takes back the state of a node whose last pod is gone', async () => {
    await settle(() => engine.policies.put('u', policyOf()))
    await settle(() => (pods = []))
    expect(bucket.states.size).toBe(0)
  })

  it('writes the state of one node when a pod of it changes', async () => {
    const onNode = (node: string, letter: string) =>
      pod({ node, uid: letter.repeat(32), members: [{ name: 'app', type: 'App', id: letter.repeat(64) }] })
    await settle(() => {
      pods = [onNode('node-a', 'a'), onNode('node-b', 'b'), onNode('node-e', 'e')]
      engine.policies.put('u', policyOf())
    })
    const before = new Map(bucket.states)
    await settle(() => (pods = [...pods.slice(1), onNode('node-a', 'f')]))
    const changed = [...bucket.states].filter(([token, state]) => state !== before.get(token)).map(([token]) => token)
    expect(changed).toEqual(['node-a'])
    expect(bucket.writes).toBe(4)
  })

  it('waits for no node where a deleted policy only audited', async () => {
    await settle(() => engine.policies.put('u', policyOf('p', { mode: 'Audit' })))
    expect(bucket.policies('node-a')).toEqual(['p'])
    await settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
    expect(calls).toEqual(['release p'])
  })

  it('says that a node is behind when it has not taken up its state for a while, and when it has again', async () => {
    await settle(() => engine.policies.put('u', policyOf()))
    await settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 0 }))
    expect(statuses.at(-1)).toMatchObject({ applied: 1, nodes: { told: 1, behind: 0 } })
    now = new Date(now.getTime() + 15_000)
    await settle()
    expect(statuses.at(-1)).toMatchObject({ nodes: { told: 1, behind: 1 } })
    await settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 1 }))
    expect(statuses.at(-1)).toMatchObject({ nodes: { told: 1, behind: 0 } })
  })

  describe('after a kill that was the node’s affair', () => {
    const PROTECTS = { oomScoreAdj: { value: -500 } }
    const LIMITED = [{ name: 'app', type: 'App' as const, id: CONTAINER, memory: { limit: '64Mi', request: '64Mi' } }]
    const kill = (afterMs: number, node = 'node-a') => [{ node, atMs: now.getTime() + afterMs }]

    beforeEach(async () => {
      pods = [pod({ members: LIMITED }), pod({ members: LIMITED, node: 'node-b', uid: 'b'.repeat(32) })]
      engine.nodes.put('a', { name: 'node-a', memory: undefined, isVirtual: false })
      await settle(() => engine.policies.put('u', policyOf('p', PROTECTS)))
    })

    it('takes a policy that protects back from the node, and says so before it does', async () => {
      const { writes } = bucket
      await settle(() => engine.noteKills(kill(60_000)))
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
      await settle(() => engine.noteKills(kill(afterMs, node)))
      expect(bucket.policies('node-a')).toEqual(['p'])
      expect(calls).toEqual([])
    })

    it('leaves one that only raises, and one that only audits', async () => {
      await settle(() => engine.policies.put('u', policyOf()))
      await settle(() => engine.policies.put('v', policyOf('q', { ...PROTECTS, mode: 'Audit' }, { uid: 'v' })))
      await settle(() => engine.noteKills(kill(60_000)))
      expect(calls).toEqual([])
    })

    it('keeps to it over a restart of the operator, and applies it again when it is told to', async () => {
      const rollback = { generation: 1, nodes: [{ node: 'node-a', time: now.toISOString() }] }
      await settle(() => engine.policies.put('u', policyOf('p', PROTECTS, { uid: 'w', rollback })))
      expect(bucket.policies('node-a')).toEqual([])
      await settle(() => engine.policies.put('u', policyOf('p', PROTECTS, { uid: 'w', rollback, retry: '1' })))
      expect(bucket.policies('node-a')).toEqual(['p'])
      expect(statuses.at(-1)).not.toHaveProperty('rollback')
      await settle(() => engine.noteKills(kill(60_000)))
      expect(statuses.at(-1)).toMatchObject({ rollback: { retry: '1', nodes: [{ node: 'node-a' }] } })
      await settle(() => engine.policies.put('u', policyOf('p', PROTECTS, { uid: 'w', retry: '1', generation: 2 })))
      expect(bucket.policies('node-a')).toEqual(['p'])
    })

    /** Another operator begins, and has been told this when it decides first. */
    async function startAnother(tell: (later: PolicyEngine) => void): Promise<void> {
      const later = new PolicyEngine(() => pods, clusterFactsOf().rails, {
        settled: () => settled.resolve(),
        now: () => now,
        monotonicMs: () => now.getTime() - setByMs,
        sleep: (ms) => (ms > 500 ? new Promise(() => undefined) : Promise.resolve()),
        writeStatus: () => Promise.resolve(),
        hold: () => Promise.resolve(),
        release: () => Promise.resolve(),
        replay: () => new Map(),
        toldPods: () => undefined,
        rolledBack: () => calls.push('took back'),
        gaveUpOn: () => undefined,
      })
      later.namespaces.put('n1', { name: 'shop', labels: {} })
      later.nodes.put('a', { name: 'node-a', memory: undefined, isVirtual: false })
      later.policies.put('u', policyOf('p', PROTECTS))
      tell(later)
      settled = Promise.withResolvers()
      later.run(bucket, new AbortController().signal).catch(() => undefined)
      await settled.promise
    }

    it('goes by when the node was first told, which the state itself says after a restart', async () => {
      now = new Date(now.getTime() + 3_600_000)
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
      now = new Date(now.getTime() + 3_600_000)
      await bucket.renewLease(now)
      await startAnother((later) => later.noteStoredKills(stored))
      expect(calls).toEqual([])
      expect(bucket.policies('node-a')).toEqual(['p'])
    })

    it('begins the ten minutes once where an operator ended before a status said that it is applied again', async () => {
      const rollback = { generation: 1, nodes: [{ node: 'node-a', time: now.toISOString() }] }
      now = new Date(now.getTime() + 60_000)
      await settle(() => engine.policies.put('u', policyOf('p', PROTECTS, { generation: 2 })))
      const { writes } = bucket
      now = new Date(now.getTime() + 60_000)
      await startAnother((later) => later.policies.put('u', policyOf('p', PROTECTS, { generation: 2, rollback })))
      expect(bucket.writes).toBe(writes)
    })

    it('leaves the node’s state as it is while the policy’s status cannot say that it was taken back', async () => {
      const failure = new Error('expected an answer, got none')
      statusFailure = failure
      engine.noteKills(kill(60_000))
      await expect(running).rejects.toThrow(failure)
      await expect(engine.run(bucket, new AbortController().signal)).rejects.toThrow(failure)
      expect(bucket.policies('node-a')).toEqual(['p'])
      statusFailure = undefined
      settled = Promise.withResolvers()
      engine.run(bucket, new AbortController().signal).catch(() => undefined)
      await settled.promise
      expect(statuses.at(-1)).toMatchObject({ rollback: { nodes: [{ node: 'node-a' }] } })
      expect(bucket.policies('node-a')).toEqual([])
    })
  })

  describe('where somebody sets the clock', () => {
    const set = (byMs: number): void => {
      now = new Date(now.getTime() + byMs)
      setByMs += byMs
    }

    it.each([86_400_000, -86_400_000])('waits for nodes as long as without it (%i ms)', async (byMs) => {
      await settle(() => engine.policies.put('u', policyOf()))
      await settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 0 }))
      set(byMs)
      await settle(() => engine.policies.put('u', policyOf('p', {}, { deleting: true })))
      set(byMs)
      await settle()
      expect(calls).toEqual([])
      now = new Date(now.getTime() + 60_000)
      await settle()
      expect(calls).toEqual(['gave up on node-a for p', 'release p'])
    })

    it('stands by the states as often when it was set back', async () => {
      await settle(() => engine.policies.put('u', policyOf()))
      const { length } = bucket.renewals
      set(-86_400_000)
      await settle()
      expect(bucket.renewals).toHaveLength(length)
      now = new Date(now.getTime() + 15_000)
      await settle()
      await turn()
      expect(bucket.renewals.slice(length)).toEqual(['2026-02-28T10:00:15.000Z'])
    })

    it('says how many processes there are, and replays past kills, when it was set back', async () => {
      await settle(() => engine.policies.put('u', policyOf()))
      await settle(() => engine.noteStatus('node-a', { ...APPLIED, desiredRevision: 1 }))
      const [container] = APPLIED.containers
      const outcomes = [{ rule: 0, outcome: 'applied' as const, processes: 7 }]
      const containers = container === undefined ? [] : [{ ...container, outcomes }]
      set(-86_400_000)
      await settle(() => engine.noteStatus('node-a', { ...APPLIED, containers, desiredRevision: 1 }))
      now = new Date(now.getTime() + 60_000)
      const { length } = replays
      await settle(() => engine.noteReports())
      expect(statuses.at(-1)).toMatchObject({ matched: { processes: 7 } })
      expect(replays).toHaveLength(length + 1)
    })
  })

  it('replays past kills for a new policy at once, and for all once a minute when reports have changed', async () => {
    const verdict: Verdict = { status: 'True', reason: 'WouldHaveChanged', message: 'would have changed 1' }
    for (const name of ['p', 'q']) verdicts.set(name, verdict)
    await settle(() => engine.policies.put('u', policyOf()))
    expect(statuses.at(-1)?.conditions.at(-1)).toMatchObject({ type: 'Effective', ...verdict })
    await settle(() => engine.policies.put('v', policyOf('q', {}, { uid: 'v' })))
    await settle()
    expect(replays).toEqual(['p', 'q'])
    await settle(() => engine.noteReports())
    expect(replays.at(-1)).toBe('p,q')
    await settle(() => engine.noteReports())
    now = new Date(now.getTime() + 59_000)
    await settle()
    expect(replays).toHaveLength(3)
    now = new Date(now.getTime() + 1_000)
    await settle()
    expect(replays).toHaveLength(4)
  })

  it('writes a status of which only the number of processes has changed when half a minute is over', async () => {
    const saying = (processes: number) => ({
      ...APPLIED,
      containers: [{ containerId: CONTAINER, outcomes: [{ rule: 0, outcome: 'applied' as const, processes }] }],
    })
    await settle(() => engine.policies.put('u', policyOf()))
    await settle(() => engine.noteStatus('node-a', { ...saying(1), desiredRevision: 1 }))
    const { length } = statuses
    await settle(() => engine.noteStatus('node-a', { ...saying(7), desiredRevision: 1 }))
    expect(statuses).toHaveLength(length)
    now = new Date(now.getTime() + 30_000)
    await settle()
    expect(statuses.slice(length)).toMatchObject([{ matched: { processes: 7 }, applied: 1 }])
  })
})
