import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import type { KV, NatsConnection } from 'nats'
import { auditRecord } from '../../contract/auditRecord.ts'
import { desiredRuleOf } from '../../agent/testing/rules.ts'
import type { DesiredRule } from '../../contract/desiredRule.ts'
import { encodeDesiredState, type DesiredContainer } from '../../contract/desiredState.ts'
import type { NodeStatus } from '../../contract/nodeStatus.ts'
import { AUDIT_STREAM, auditSubject, desiredHintSubject, LEASE_KEY, nodeToken } from '../../contract/subjects.ts'
import { hasCapability } from '../cluster/host/capabilities.ts'
import type { PrivateNats } from '../cluster/privateServers.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { startAgent, type AgentProcess } from '../support/agentProcess.ts'
import { startDesiredStates } from '../support/desiredStates.ts'
import { FakeContainer, removeFakeKubepods, scoreOf } from '../support/fakeContainer.ts'
import { describeUnless, itUnless, notRoot } from '../support/leftOut.ts'
import { outcomesOf, untilNodeStatus } from '../support/nodeStatuses.ts'
import { noStrace, Trace } from '../support/trace.ts'

const withRight = hasCapability('CAP_SYS_RESOURCE') ? 'with CAP_SYS_RESOURCE the kernel refuses nothing' : undefined

const NODE = 'node-a.example'

const START = scoreOf(process.pid)

let nats: PrivateNats
let connection: NatsConnection
let bucket: KV
let folder: string
let agent: AgentProcess
let container: FakeContainer

const untilScore = (pid: number, score: number, deadlineMs = 10_000): Promise<true> =>
  waitUntil(`oom_score_adj ${score} of ${pid}, now ${scoreOf(pid)}`, () => scoreOf(pid) === score || undefined, {
    deadlineMs,
    everyMs: 20,
    evidence: () => agent.program.tail(),
  })

const NOWHERE = { id: 'f'.repeat(64), podUid: randomUUID(), name: 'app' }

interface Named {
  podUid: string
  name: string
  id?: string
}

/** Every container with every rule; by its id, as the operator does once the apiserver has it. @returns the revision. */
async function put(rules: DesiredRule[], of: readonly Named[], node = NODE): Promise<number> {
  const places = rules.map((_rule, place) => place)
  const containers: DesiredContainer[] = of.map(({ podUid, name, id }) => ({
    podUid,
    name,
    ...(id !== undefined && { containerId: id }),
    rules: places,
  }))
  return bucket.put(nodeToken(NODE), encodeDesiredState({ version: 2, node, rules, containers }))
}

const want = (of?: Named, value = 0): Promise<number> =>
  of === undefined ? put([], []) : put([desiredRuleOf({ score: { value } })], [of])

const untilStatus = (holds: (status: NodeStatus) => boolean): Promise<NodeStatus> =>
  untilNodeStatus(connection, NODE, holds, () => agent.program.tail())

describeUnless(notRoot, 'the agent, with real processes in a cgroup like a container’s', () => {
  beforeAll(async () => {
    ;({ nats, connection, bucket } = await startDesiredStates(NODE))
  }, 120_000)

  afterAll(async () => {
    await connection.close()
    await nats.dispose()
    removeFakeKubepods()
  })

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'oomkeeper-adjust-'))
    container = new FakeContainer()
    agent = await startAgent({ node: NODE, nats, folder })
  })

  afterEach(async () => {
    await agent.program.kill()
    await bucket.delete(nodeToken(NODE))
    await container.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  it('raises every process of a desired container, later ones too, and no other', async () => {
    const bystander = new FakeContainer()
    const [first, second, other] = [await container.run(), await container.run(), await bystander.run()]
    await want(container, 800)
    await untilScore(first, 800)
    await untilScore(second, 800)
    await untilScore(await container.run(), 800)
    expect(scoreOf(other)).toBe(START)
    const status = await untilStatus((one) => outcomesOf(one, container.id)[0]?.startsWith('applied') === true)
    expect(status.containers).toHaveLength(1)
    await bystander.remove()
  }, 40_000)

  it('gives back when the container is no longer named, and when the state is deleted', async () => {
    const pid = await container.run()
    await want(container, 700)
    await untilScore(pid, 700)
    await want()
    await untilScore(pid, START)
    await want(container, 600)
    await untilScore(pid, 600)
    await bucket.delete(nodeToken(NODE))
    await untilScore(pid, START)
    const { revision = 0 } = (await bucket.get(nodeToken(NODE))) ?? {}
    await untilStatus(({ containers, desiredRevision, restoring }) => {
      return containers.length === 0 && desiredRevision === revision && restoring === 0
    })
  }, 40_000)

  it('raises the next container of the same pod and name before anyone tells its id, and no other of the pod', async () => {
    const first = await container.run()
    await want(container, 800)
    await untilScore(first, 800)
    const [next, sidecar] = [
      new FakeContainer(container),
      new FakeContainer({ podUid: container.podUid, name: 'sidecar' }),
    ]
    const [second, other] = [await next.run(), await sidecar.run()]
    await untilScore(second, 800)
    const status = await untilStatus(({ containers }) => containers.length === 2)
    expect([container, next].map(({ id }) => outcomesOf(status, id))).toEqual([['applied 1'], ['applied 1']])
    expect(scoreOf(other)).toBe(START)
    await want()
    await untilScore(second, START)
    await next.remove()
    await sidecar.remove()
  }, 40_000)

  it('raises a container of a pod that came to be after it was desired', async () => {
    const podUid = randomUUID()
    await want({ podUid, name: 'later' }, 750)
    const later = new FakeContainer({ podUid, name: 'later' })
    await untilScore(await later.run(), 750)
    await later.remove()
  }, 40_000)

  it('gives back what it wrote before it was killed with -9', async () => {
    const pid = await container.run()
    await want(container, 900)
    await untilScore(pid, 900)
    await agent.program.kill()
    await bucket.delete(nodeToken(NODE))
    expect(scoreOf(pid)).toBe(900)
    agent = await startAgent({ node: NODE, nats, folder })
    await untilScore(pid, START)
  }, 40_000)

  it('adds a delta once, and gives each process its own back', async () => {
    const [first, second] = [await container.run(), await container.run()]
    writeFileSync(`/proc/${second}/oom_score_adj`, String(START + 100))
    const delta = (by: number) => put([desiredRuleOf({ score: { delta: by } })], [container])
    await delta(200)
    await untilScore(first, START + 200)
    await untilScore(second, START + 300)
    await delta(50)
    await untilScore(first, START + 50)
    await untilScore(second, START + 150)
    await want()
    await untilScore(first, START)
    await untilScore(second, START + 100)
  }, 40_000)

  it('raises the processes that a rule selects, each by the first rule that fits it', async () => {
    const [first, second] = [await container.run(), await container.run()]
    const byInit = desiredRuleOf({ policy: 'init', score: { value: 700 }, processes: [{ init: true, exe: 'sleep' }] })
    const byLine = desiredRuleOf({ policy: 'line', score: { value: 600 }, processes: [{ cmdline: '^sleep 6\\d0$' }] })
    await put([byInit, byLine], [container])
    await untilScore(first, 700)
    await untilScore(second, 600)
    const status = await untilStatus((one) => outcomesOf(one, container.id).length === 3)
    expect(outcomesOf(status, container.id)).toEqual([
      'applied 1',
      'applied 1',
      'skipped 1 Overridden policy init decides',
    ])
    await put([byInit], [container])
    await untilScore(second, START)
    expect(scoreOf(first)).toBe(700)
  }, 40_000)

  it('in Audit says what it would do, and writes nothing', async () => {
    const pid = await container.run()
    await put([desiredRuleOf({ mode: 'Audit' })], [container])
    await untilStatus((one) => outcomesOf(one, container.id).join() === 'would 1')
    expect(scoreOf(pid)).toBe(START)
  }, 40_000)

  itUnless(
    noStrace,
    'in Audit opens no oom_score_adj for writing, by the kernel’s own account of its calls, as it does in Enforce',
    async () => {
      const pid = await container.run()
      const trace = await Trace.of(agent.program.pid, join(folder, 'trace'))
      await put([desiredRuleOf({ mode: 'Audit' })], [container])
      await untilStatus((one) => outcomesOf(one, container.id).join() === 'would 1')
      // A calm sweep more.
      await sleep(2_500)
      // Its own it sets as it starts, which may be now.
      const opened = (files: RegExp) =>
        trace.openedForWriting(files).filter((path) => path !== '/proc/self/oom_score_adj')
      expect(opened(/oom_score_adj|memory\.oom\.group/)).toEqual([])
      await put([desiredRuleOf()], [container])
      await untilScore(pid, 500)
      await trace.end()
      expect(opened(/oom_score_adj/)).toEqual([`/proc/${pid}/oom_score_adj`])
    },
    60_000,
  )

  itUnless(
    noStrace,
    'in mode detect opens nothing in /proc and no cgroup for writing, and says what it finds set',
    async () => {
      const pid = await container.run()
      await want(container, 700)
      await untilScore(pid, 700)
      await agent.program.kill()
      agent = await startAgent({ node: NODE, nats, folder, mode: 'detect' })
      const trace = await Trace.of(agent.program.pid, join(folder, 'trace'))
      await want()
      await agent.program.said('1 containers have scores that were set in another mode')
      const status = await untilStatus(({ mode, restoring }) => mode === 'detect' && restoring === 1)
      expect(status).toMatchObject({ rules: [], containers: [] })
      await sleep(2_500)
      await trace.end()
      expect(trace.openedForWriting(/^\/(?:proc|sys)\//)).toEqual([])
      expect(scoreOf(pid)).toBe(700)
      await agent.program.kill()
      agent = await startAgent({ node: NODE, nats, folder })
      await untilScore(pid, START)
    },
    60_000,
  )

  it('in mode raise raises and gives back, and says before it tries that a lower score is not for it', async () => {
    await agent.program.kill()
    agent = await startAgent({ node: NODE, nats, folder, mode: 'raise' })
    const pid = await container.run()
    await want(container, START - 1)
    const status = await untilStatus((one) => outcomesOf(one, container.id).length > 0)
    expect(status.mode).toBe('raise')
    expect(outcomesOf(status, container.id)).toEqual([expect.stringMatching(/^skipped 1 RaisesOnly .*--mode=raise/)])
    await want(container, 700)
    await untilScore(pid, 700)
    await want()
    await untilScore(pid, START)
  }, 40_000)

  it('refuses a state of another version, says which side is older, and goes on with the last good one', async () => {
    const pid = await container.run()
    await want(container, 700)
    await untilScore(pid, 700)
    await bucket.put(nodeToken(NODE), JSON.stringify({ version: 1, node: NODE, containers: [] }))
    connection.publish(desiredHintSubject(NODE))
    await agent.program.said('version: expected 2, got 1: the operator is older, upgrade it')
    await untilStatus(({ heldSince }) => heldSince !== undefined)
    expect(scoreOf(pid)).toBe(700)
    await want(container, 600)
    await untilScore(pid, 600)
    await untilStatus(({ heldSince }) => heldSince === undefined)
  }, 40_000)

  it('refuses the state of another node', async () => {
    const pid = await container.run()
    await put([desiredRuleOf()], [container], 'node-b')
    await agent.program.said('node: expected node-a.example, got node-b')
    expect(scoreOf(pid)).toBe(START)
  }, 40_000)

  it('records what it wrote, and what it gave back', async () => {
    const pid = await container.run()
    const revision = await want(container, 700)
    await untilScore(pid, 700)
    await want()
    await untilScore(pid, START)
    const jsm = await connection.jetstreamManager()
    const subject = auditSubject(NODE, container.podUid)
    const probe = async () => {
      const { state } = await jsm.streams.info(AUDIT_STREAM, { subjects_filter: subject })
      return state.subjects?.[subject] === 2 ? state : undefined
    }
    const { last_seq: last } = await waitUntil('two records', probe, { deadlineMs: 10_000, everyMs: 50 })
    const records: unknown[] = []
    for (const seq of [last - 1, last])
      records.push(auditRecord.parse((await jsm.streams.getMessage(AUDIT_STREAM, { seq })).json()))
    const process = { pid, command: 'sleep', podUid: container.podUid, containerId: container.id, container: 'app' }
    expect(records).toMatchObject([
      { ...process, action: 'Apply', from: START, to: 700, policy: { policy: 'p' }, desiredRevision: revision },
      { ...process, action: 'Restore', from: 700, to: START, desiredRevision: revision + 1 },
    ])
  }, 40_000)

  it('writes again what another program wrote once, and leaves the container to one that does so again and again', async () => {
    const pid = await container.run()
    await want(container, 700)
    await untilScore(pid, 700)
    // The runtime may write while a container starts.
    await sleep(5_000)
    writeFileSync(`/proc/${pid}/oom_score_adj`, '650')
    await untilScore(pid, 700)
    const other = setInterval(() => writeFileSync(`/proc/${pid}/oom_score_adj`, '650'), 100)
    try {
      const status = await untilStatus((one) => outcomesOf(one, container.id)[0]?.startsWith('conflict') === true)
      expect(outcomesOf(status, container.id)).toEqual([expect.stringMatching(/^conflict 1 Conflict /)])
    } finally {
      clearInterval(other)
    }
    expect(scoreOf(pid)).toBe(650)
  }, 60_000)

  it('gives back when nobody has confirmed the state for longer than holdFor, also after a restart without NATS, and applies again', async () => {
    const pid = await container.run()
    await bucket.put(LEASE_KEY, '{}')
    await put([desiredRuleOf({ score: { value: 700 }, holdForSeconds: 60 })], [container])
    await untilScore(pid, 700)
    await agent.program.kill()
    const file = join(folder, `state-${NODE}`, 'confirmed.json')
    const confirmed = JSON.parse(readFileSync(file, 'utf8')) as { monotonicMs: number }
    writeFileSync(file, JSON.stringify({ ...confirmed, monotonicMs: confirmed.monotonicMs - 61_000 }))
    agent = await startAgent({ node: NODE, nats: { ...nats, url: 'nats://127.0.0.1:1' }, folder })
    await agent.program.said('what these policies set is given back (holdFor)', 20_000)
    await untilScore(pid, START)
    await agent.program.kill()
    agent = await startAgent({ node: NODE, nats, folder })
    const status = await untilStatus((one) => outcomesOf(one, container.id)[0]?.includes('HoldExpired') === true)
    expect(status.heldSince).toBeDefined()
    // Seen when it is looked at next: three times in a holdFor.
    await bucket.put(LEASE_KEY, '{}')
    await untilScore(pid, 700, 25_000)
  }, 90_000)

  itUnless(
    withRight,
    'tells that the kernel refused a score below the start, and which capability is missing',
    async () => {
      const pid = await container.run()
      await want(container, START - 1)
      const status = await untilStatus((one) => outcomesOf(one, container.id).length > 0)
      expect(outcomesOf(status, container.id)).toEqual([
        expect.stringMatching(/^failed 1 KernelRefused .*CAP_SYS_RESOURCE/),
      ])
      expect(scoreOf(pid)).toBe(START)
    },
    40_000,
  )

  it('tells of a container that is not on the node', async () => {
    await want(NOWHERE, 500)
    const status = await untilStatus((one) => outcomesOf(one, NOWHERE.id).length > 0)
    expect(outcomesOf(status, NOWHERE.id)).toEqual([expect.stringContaining('failed 0 ContainerAbsent')])
  }, 40_000)
})
