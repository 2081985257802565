import { beforeEach, describe, expect, it } from '@jest/globals'
import { decodeDesiredState } from '#contract/desiredState.ts'
import type { OomPolicyStatus } from '../api/oomPolicy.ts'
import type { Policy, PolicyPod } from '../policies/decide.ts'
import type { DesiredBucket, StoredState } from './desiredStates.ts'
import { PolicyEngine } from './policyEngine.ts'

const CONTAINER = 'c'.repeat(64)
const POD_UID = '0b8f0a53-5c1e-4b0e-9d0c-6f3f5b1f9d11'

class FakeBucket implements DesiredBucket {
  readonly states = new Map<string, StoredState>()
  writes = 0
  #revision = 0

  readAll(): Promise<Map<string, StoredState>> {
    return Promise.resolve(new Map(this.states))
  }

  put(token: string, state: string): Promise<number> {
    this.writes++
    this.states.set(token, { state, revision: ++this.#revision })
    return Promise.resolve(this.#revision)
  }

  delete(token: string): Promise<number> {
    this.writes++
    this.states.delete(token)
    return Promise.resolve(++this.#revision)
  }

  scores(node: string): number[] {
    const decoded = decodeDesiredState(this.states.get(node)?.state ?? '', node)
    return decoded.ok ? decoded.state.containers.map(({ oomScoreAdj }) => oomScoreAdj) : []
  }
}

const policy = (changes: Partial<Policy> = {}): Policy => ({
  name: 'p',
  generation: 1,
  deleting: false,
  held: true,
  spec: { podSelector: {}, oomScoreAdj: { value: 500 }, mode: 'Enforce', priority: 0 },
  ...changes,
})
const pod = (): PolicyPod => ({
  namespace: 'shop',
  node: 'node-a',
  labels: {},
  uid: POD_UID,
  configHash: undefined,
  members: [{ name: 'app', id: CONTAINER }],
})

let bucket: FakeBucket
let pods: PolicyPod[]
let calls: string[]
let statuses: OomPolicyStatus[]
let now: Date
let settled: PromiseWithResolvers<void>
let engine: PolicyEngine

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
  statuses = []
  now = new Date('2026-03-01T10:00:00.000Z')
  const stop = new AbortController()
  const call = (what: string) => (name: string) => Promise.resolve(void calls.push(`${what} ${name}`))
  engine = new PolicyEngine(() => pods, {
    settled: () => settled.resolve(),
    now: () => now,
    sleep: (ms) => (ms > 500 ? new Promise(() => undefined) : Promise.resolve()),
    writeStatus: (_name, compute) => Promise.resolve(void statuses.push(compute(undefined))),
    hold: call('hold'),
    release: call('release'),
    gaveUpOn: (name, nodes) => calls.push(`gave up on ${nodes.join()} for ${name}`),
  })
  engine.namespaces.put('n1', { name: 'shop', labels: {} })
  settled = Promise.withResolvers()
  engine.run(bucket, stop.signal).catch(() => undefined)
  await settled.promise
})

describe('PolicyEngine', () => {
  it('writes the node’s state and the policy’s status, and nothing when nothing changes', async () => {
    await settle(() => engine.policies.put('u', policy()))
    expect(bucket.scores('node-a')).toEqual([500])
    expect(statuses).toMatchObject([{ matched: { pods: 1, containers: 1 }, applied: 0 }])
    const { writes } = bucket
    await settle()
    expect([bucket.writes - writes, statuses.length]).toEqual([0, 1])
  })

  it('says applied once the node says it of this container, policy and value', async () => {
    await settle(() => engine.policies.put('u', policy()))
    const status = { containerId: CONTAINER, policy: 'p', oomScoreAdj: 500, outcome: 'applied' } as const
    await settle(() => engine.noteStatus('node-a', { containers: [status], desiredRevision: 1, restoring: 0 }))
    expect(statuses.at(-1)).toMatchObject({ applied: 1, conditions: [{ status: 'True' }] })
  })

  it('hears a node about its own containers only', async () => {
    await settle(() => engine.policies.put('u', policy()))
    const status = { containerId: CONTAINER, policy: 'p', oomScoreAdj: 500, outcome: 'applied' } as const
    await settle(() => engine.noteStatus('node-b', { containers: [status], desiredRevision: 1 }))
    expect(statuses.at(-1)).toMatchObject({ applied: 0 })
  })

  it('holds an enforcing policy before it writes anything, and no auditing one', async () => {
    await settle(() => engine.policies.put('u', policy({ held: false })))
    expect(calls).toEqual(['hold p'])
    const spec = { ...policy().spec, mode: 'Audit' as const }
    await settle(() => engine.policies.put('v', policy({ name: 'q', held: false, spec })))
    expect(calls.filter((line) => line === 'hold q')).toEqual([])
  })

  it('lets a deleted policy vanish once every node has given back', async () => {
    await settle(() => engine.policies.put('u', policy()))
    await settle(() => engine.policies.put('u', policy({ deleting: true })))
    expect(bucket.scores('node-a')).toEqual([])
    expect(calls).toEqual([])
    await settle(() => engine.noteStatus('node-a', { containers: [], desiredRevision: 2, restoring: 1 }))
    expect(calls).toEqual([])
    await settle(() => engine.noteStatus('node-a', { containers: [], desiredRevision: 2, restoring: 0 }))
    expect(calls).toEqual(['release p'])
  })

  it('does not keep a deleted policy for a node that is down for longer than a minute', async () => {
    await settle(() => engine.policies.put('u', policy()))
    await settle(() => engine.policies.put('u', policy({ deleting: true })))
    now = new Date(now.getTime() + 60_000)
    await settle()
    expect(calls).toEqual(['gave up on node-a for p', 'release p'])
  })

  it('waits for no node where the policy set nothing, nor for one that is gone', async () => {
    await settle(() => engine.policies.put('u', policy()))
    await settle(() => (pods = [{ ...pod(), node: 'node-b' }]))
    await settle(() => engine.noteStatus('node-b', { containers: [], desiredRevision: 9, restoring: 0 }))
    await settle(() => engine.policies.put('u', policy({ deleting: true })))
    expect(calls).toEqual(['release p'])
  })

  it('takes back the state of a node whose last pod is gone', async () => {
    await settle(() => engine.policies.put('u', policy()))
    await settle(() => (pods = []))
    expect(bucket.states.size).toBe(0)
  })
})
