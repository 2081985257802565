import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { connect, type KV, type NatsConnection, type RetentionPolicy } from 'nats'
import { encodeDesiredState } from '../../contract/desiredState.ts'
import { nodeStatus, type ContainerStatus } from '../../contract/nodeStatus.ts'
import { DESIRED_BUCKET, nodeToken, statusSubject } from '../../contract/subjects.ts'
import { hasCapability } from '../cluster/host/capabilities.ts'
import { startNats, type PrivateNats } from '../cluster/privateServers.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { startAgent, type AgentProcess } from '../support/agentProcess.ts'
import { FakeContainer, removeFakeKubepods, scoreOf } from '../support/fakeContainer.ts'

const NODE = 'node-a.example'
const mayMakeCgroups = process.getuid?.() === 0

const START = scoreOf(process.pid)

let nats: PrivateNats
let connection: NatsConnection
let bucket: KV
let folder: string
let agent: AgentProcess
let container: FakeContainer

const untilScore = (pid: number, score: number): Promise<true> =>
  waitUntil(`oom_score_adj ${score} of ${pid}, now ${scoreOf(pid)}`, () => scoreOf(pid) === score || undefined, {
    deadlineMs: 10_000,
    everyMs: 20,
    evidence: () => agent.program.tail(),
  })

async function want(...containers: { containerId: string; oomScoreAdj: number }[]): Promise<void> {
  const named = containers.map((each) => ({ ...each, policy: 'batch-first' }))
  await bucket.put(nodeToken(NODE), encodeDesiredState({ version: 1, node: NODE, containers: named }))
}

async function untilStatus(holds: (containers: ContainerStatus[]) => boolean): Promise<ContainerStatus[]> {
  const probe = async () => {
    const jsm = await connection.jetstreamManager()
    const message = await jsm.streams.getMessage('OOM_STATUS', { last_by_subj: statusSubject(NODE) })
    const { containers } = nodeStatus.parse(message.json())
    return holds(containers) ? containers : undefined
  }
  return waitUntil('the status', probe, { deadlineMs: 10_000, everyMs: 50, evidence: () => agent.program.tail() })
}

const describeAsRoot = mayMakeCgroups ? describe : describe.skip

describeAsRoot('the agent, with real processes in a cgroup like a container’s', () => {
  beforeAll(async () => {
    nats = await startNats({ nodes: [NODE], log: () => undefined })
    const { user, password } = nats.users.operator
    connection = await connect({ servers: nats.url, user, pass: password })
    bucket = await connection.jetstream().views.kv(DESIRED_BUCKET, { history: 1, allow_direct: true })
    const jsm = await connection.jetstreamManager()
    const retention = 'limits' as RetentionPolicy
    await jsm.streams.add({ name: 'OOM_STATUS', subjects: ['oom.v1.status.*'], retention, max_msgs_per_subject: 1 })
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
    await want({ containerId: container.id, oomScoreAdj: 800 })
    await untilScore(first, 800)
    await untilScore(second, 800)
    await untilScore(await container.run(), 800)
    expect(scoreOf(other)).toBe(START)
    expect(await untilStatus(([status]) => status?.outcome === 'applied')).toHaveLength(1)
    await bystander.remove()
  }, 40_000)

  it('gives back when the container is no longer named, and when the state is deleted', async () => {
    const pid = await container.run()
    await want({ containerId: container.id, oomScoreAdj: 700 })
    await untilScore(pid, 700)
    await want()
    await untilScore(pid, START)
    await want({ containerId: container.id, oomScoreAdj: 600 })
    await untilScore(pid, 600)
    await bucket.delete(nodeToken(NODE))
    await untilScore(pid, START)
  }, 40_000)

  it('gives back what it wrote before it was killed with -9', async () => {
    const pid = await container.run()
    await want({ containerId: container.id, oomScoreAdj: 900 })
    await untilScore(pid, 900)
    await agent.program.kill()
    await bucket.delete(nodeToken(NODE))
    expect(scoreOf(pid)).toBe(900)
    agent = await startAgent({ node: NODE, nats, folder })
    await untilScore(pid, START)
  }, 40_000)

  it('refuses the state of another node', async () => {
    const pid = await container.run()
    const containers = [{ containerId: container.id, oomScoreAdj: 900, policy: 'p' }]
    await bucket.put(nodeToken(NODE), encodeDesiredState({ version: 1, node: 'node-b', containers }))
    await agent.program.said('node: expected node-a.example, got node-b')
    expect(scoreOf(pid)).toBe(START)
  }, 40_000)

  const itWithoutRight = hasCapability('CAP_SYS_RESOURCE') ? it.skip : it
  itWithoutRight(
    'tells that the kernel refused a score below the start, and which capability is missing',
    async () => {
      const pid = await container.run()
      await want({ containerId: container.id, oomScoreAdj: START - 1 })
      const [status] = await untilStatus(([only]) => only?.containerId === container.id)
      expect(status).toMatchObject({ outcome: 'failed', reason: 'KernelRefused' })
      expect(status?.message).toContain('CAP_SYS_RESOURCE')
      expect(scoreOf(pid)).toBe(START)
    },
    40_000,
  )

  it('tells of a container that is not on the node', async () => {
    await want({ containerId: 'f'.repeat(64), oomScoreAdj: 500 })
    const [status] = await untilStatus(([only]) => only?.containerId === 'f'.repeat(64))
    expect(status).toMatchObject({ outcome: 'failed', reason: 'ContainerAbsent' })
  }, 40_000)
})
