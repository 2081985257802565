import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { NodeStatus } from '../../contract/nodeStatus.ts'
import { DESIRED_BUCKET } from '../../contract/subjects.ts'
import type { OomPolicyStatus } from '../../operator/api/oomPolicy.ts'
import { hasCapability } from '../cluster/host/capabilities.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { startAgent, type AgentProcess } from '../support/agentProcess.ts'
import { removeFakeKubepods, scoreOf, type FakeContainer } from '../support/fakeContainer.ts'
import { applyCrds, type OperatorProcess } from '../support/stack.ts'
import { untilNodeStatus } from '../support/nodeStatuses.ts'
import { OperatorWorld } from './operatorWorld.ts'
import { runPod } from './runPod.ts'
import { describeUnless, itUnless, notRoot } from '../support/leftOut.ts'

const withRight = hasCapability('CAP_SYS_RESOURCE') ? 'with CAP_SYS_RESOURCE the kernel refuses nothing' : undefined

const START = scoreOf(process.pid)
const LABELS = { tier: 'batch' }

let world: OperatorWorld
let operator: OperatorProcess
let agent: AgentProcess
let container: FakeContainer
let pid: number

const evidence = () => `${operator.program.tail()}\n${agent.program.tail()}`

function policy(value: number, mode: 'Audit' | 'Enforce'): Promise<void> {
  return policySpec({ oomScoreAdj: { value }, mode })
}

async function policySpec(fields: object, name = 'batch-first'): Promise<void> {
  const spec = { podSelector: { matchLabels: LABELS }, mode: 'Enforce', allowCrossQoS: true, ...fields }
  await world.apply({ apiVersion: 'oomkeeper.io/v1alpha1', kind: 'OOMPolicy', metadata: { name }, spec })
}

const untilScore = (score: number): Promise<true> =>
  waitUntil(`score ${score}`, () => scoreOf(pid) === score || undefined, { deadlineMs: 10_000, everyMs: 20, evidence })

const untilStatus = (
  reason: string,
  holds: (status: OomPolicyStatus) => boolean = () => true,
): Promise<OomPolicyStatus> =>
  waitUntil(
    `the policy to be ${reason}`,
    async () => {
      const { status } = await world.get<{ status?: OomPolicyStatus }>('oomp', 'batch-first')
      return status?.conditions[0]?.reason === reason && holds(status) ? status : undefined
    },
    { deadlineMs: 15_000, everyMs: 100, evidence },
  )

describeUnless(notRoot, 'an OOMPolicy, from object to process', () => {
  beforeAll(async () => {
    world = await OperatorWorld.start()
    await applyCrds(world.api.kubectl)
    ;({ container, pid } = await runPod(world, 'nightly', LABELS))
    await world.makePod({ name: 'web', labels: { tier: 'front' } })
    operator = await world.readyOperator()
    agent = await startAgent({ node: 'node-a', nats: world.nats, folder: world.folder })
  }, 120_000)

  afterAll(async () => {
    await agent.program.kill()
    await world.endOperators()
    await container.remove()
    removeFakeKubepods()
    await world.dispose()
  })

  it('in Audit says what would match and writes nothing', async () => {
    await policy(800, 'Audit')
    const status = await untilStatus('Audit', ({ would }) => would === 1)
    expect(status).toMatchObject({ matched: { pods: 1, containers: 1, processes: 1 }, applied: 0, failed: 0 })
    expect(scoreOf(pid)).toBe(START)
  }, 40_000)

  it('in Enforce raises the processes of the selected pod, and says so', async () => {
    await policy(800, 'Enforce')
    await untilScore(800)
    expect(await untilStatus('Applied')).toMatchObject({ applied: 1, failed: 0 })
    expect(await world.api.kubectl(['get', 'oomp'])).toMatch(/batch-first +Enforce +1 +1 /)
  }, 40_000)

  it('puts right what an operator that led before wrote last, once the node speaks of it', async () => {
    const bucket = await world.js.views.kv(DESIRED_BUCKET, { bindOnly: true })
    const right = (await bucket.get('node-a'))?.string() ?? ''
    const late = await bucket.put('node-a', right.replace('"value":800', '"value":900'))
    const rightAgain = async (): Promise<true | undefined> => {
      const entry = await bucket.get('node-a')
      return (entry !== null && entry.revision > late && entry.string() === right) || undefined
    }
    await waitUntil('the state to be as it was', rightAgain, { deadlineMs: 15_000, everyMs: 50, evidence })
    await untilScore(800)
  }, 40_000)

  it('gives the score back when it goes to Audit again', async () => {
    await policy(800, 'Audit')
    await untilScore(START)
  }, 40_000)

  it('gives the score back when policies are switched off, which the node confirms, and sets it when they are on again', async () => {
    await policy(800, 'Enforce')
    await untilScore(800)
    await world.endOperators()
    operator = await world.readyOperator({ OOMKEEPER_POLICIES: 'off' })
    await untilScore(START)
    const isConfirmed = ({ restoring, containers, desiredRevision = 0 }: NodeStatus) =>
      restoring === 0 && containers.length === 0 && desiredRevision > 0
    await untilNodeStatus(world.connection, 'node-a', isConfirmed, evidence)
    expect(await untilStatus('PoliciesOff')).toMatchObject({ applied: 0, failed: 1 })
    await world.endOperators()
    operator = await world.readyOperator()
    await untilScore(800)
    await policy(800, 'Audit')
    await untilScore(START)
  }, 90_000)

  itUnless(
    withRight,
    'says what is missing when the kernel refuses',
    async () => {
      await policy(-500, 'Enforce')
      const status = await untilStatus('KernelRefused')
      expect(status).toMatchObject({
        applied: 0,
        failed: 1,
        reasons: [{ outcome: 'Failed', reason: 'KernelRefused', containers: 1 }],
      })
      expect(status.reasons?.[0]?.message).toContain('CAP_SYS_RESOURCE')
      expect(scoreOf(pid)).toBe(START)
    },
    40_000,
  )

  it('adds a delta to what the process had, and changes only the processes that it selects', async () => {
    const second = await container.run()
    await policySpec({ oomScoreAdj: { delta: 150 }, processes: [{ cmdline: '^sleep \\d+$', init: true }] })
    await untilScore(START + 150)
    expect(await untilStatus('Applied', ({ applied }) => applied === 1)).toMatchObject({ matched: { processes: 1 } })
    expect(scoreOf(second)).toBe(START)
    await policySpec({ oomScoreAdj: { value: 800 }, processes: [{ exe: 'none' }, { command: 'awake*' }] })
    await untilScore(START)
    expect(await untilStatus('Applied', ({ skipped }) => skipped === 1)).toMatchObject({
      applied: 0,
      reasons: [{ outcome: 'Skipped', reason: 'NoProcess', containers: 1 }],
    })
  }, 40_000)

  it('says which policy decides where two select the same', async () => {
    await policy(800, 'Enforce')
    await policySpec({ oomScoreAdj: { value: 600 }, priority: 1 }, 'first')
    await untilScore(600)
    expect(await untilStatus('Applied', ({ skipped }) => skipped === 1)).toMatchObject({
      reasons: [{ reason: 'Overridden', message: 'policy first decides' }],
    })
    await world.api.kubectl(['delete', 'oomp', 'first'])
    await untilScore(800)
  }, 40_000)

  it('is kept by guard rails from what it may not do, says so, and is ready all the same', async () => {
    await policySpec({ oomScoreAdj: { value: 800 }, allowCrossQoS: false })
    await untilScore(START)
    expect(await untilStatus('Applied', ({ skipped }) => skipped === 1)).toMatchObject({
      applied: 0,
      failed: 0,
      reasons: [{ outcome: 'Skipped', reason: 'CrossesQoS', containers: 1 }],
    })
  }, 40_000)

  it('gives the score back when it is deleted, and when the pod’s labels fit no more', async () => {
    await policy(700, 'Enforce')
    await untilScore(700)
    await world.api.kubectl(['label', 'pod', '-n', 'shop', 'nightly', 'tier=front', '--overwrite'])
    await untilScore(START)
    await world.api.kubectl(['label', 'pod', '-n', 'shop', 'nightly', 'tier=batch', '--overwrite'])
    await untilScore(700)
    // kubectl waits for the finalizer: when it is back, so is the score.
    await world.api.kubectl(['delete', 'oomp', 'batch-first'])
    expect(scoreOf(pid)).toBe(START)
  }, 60_000)

  it('is let go by another operator after a kill -9 of the first only once the node has given back', async () => {
    await policy(800, 'Enforce')
    await untilScore(800)
    const bucket = await world.js.views.kv(DESIRED_BUCKET, { bindOnly: true })
    const isDeleted = async () => (await bucket.get('node-a'))?.operation === 'DEL' || undefined
    process.kill(agent.program.pid, 'SIGSTOP')
    try {
      const vanished = world.api.kubectl(['delete', 'oomp', 'batch-first'])
      await waitUntil('the state to be deleted', isDeleted, { deadlineMs: 15_000, everyMs: 20, evidence })
      await world.endOperators()
      operator = await world.readyOperator()
      // Time to do what it would do at once.
      await sleep(3_000)
      const { metadata } = await world.get<{ metadata: { finalizers?: string[] } }>('oomp', 'batch-first')
      expect(metadata.finalizers).toHaveLength(1)
      expect(scoreOf(pid)).toBe(800)
      process.kill(agent.program.pid, 'SIGCONT')
      await vanished
      expect(scoreOf(pid)).toBe(START)
    } finally {
      process.kill(agent.program.pid, 'SIGCONT')
    }
  }, 60_000)

  it('holds no policy that only audits', async () => {
    await policy(800, 'Audit')
    await untilStatus('Audit')
    const { metadata } = await world.get<{ metadata: { finalizers?: string[] } }>('oomp', 'batch-first')
    expect(metadata.finalizers).toBeUndefined()
  }, 40_000)
})
