import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import { connect, type KV, type NatsConnection, type RetentionPolicy } from 'nats'
import { encodeDesiredState } from '../../contract/desiredState.ts'
import { nodeStatus, type ContainerStatus, type NodeStatus } from '../../contract/nodeStatus.ts'
import { DESIRED_BUCKET, nodeToken, statusSubject } from '../../contract/subjects.ts'
import { hasCapability } from '../cluster/host/capabilities.ts'
import { startNats, type PrivateNats } from '../cluster/privateServers.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { startAgent, type AgentProcess } from '../support/agentProcess.ts'
import { FakeContainer, removeFakeKubepods, scoreOf } from '../support/fakeContainer.ts'
import { describeUnless, itUnless, notRoot } from '../support/leftOut.ts'

const withRight = hasCapability('CAP_SYS_RESOURCE') ? 'with CAP_SYS_RESOURCE the kernel refuses nothing' : undefined

const NODE = 'node-a.example'

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

const NOWHERE = { id: 'f'.repeat(64), podUid: randomUUID(), name: 'app' }

function desire({ podUid, name }: { podUid: string; name: string }, oomScoreAdj: number, containerId?: string) {
  return { podUid, name, containerId, oomScoreAdj, policy: 'batch-first' }
}

/** The container by its id, as the operator does once the apiserver has it. @returns the revision. */
async function want(of?: { id: string; podUid: string; name: string }, oomScoreAdj = 0): Promise<number> {
  const containers = of === undefined ? [] : [desire(of, oomScoreAdj, of.id)]
  return bucket.put(nodeToken(NODE), encodeDesiredState({ version: 1, node: NODE, containers }))
}

async function untilStatus(
  holds: (containers: ContainerStatus[], status: NodeStatus) => boolean,
): Promise<ContainerStatus[]> {
  const probe = async () => {
    const jsm = await connection.jetstreamManager()
    const message = await jsm.streams.getMessage('OOM_STATUS', { last_by_subj: statusSubject(NODE) })
    const status = nodeStatus.parse(message.json())
    return holds(status.containers, status) ? status.containers : undefined
  }
  return waitUntil('the status', probe, { deadlineMs: 10_000, everyMs: 50, evidence: () => agent.program.tail() })
}

describeUnless(notRoot, 'the agent, with real processes in a cgroup like a container’s', () => {
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
    await want(container, 800)
    await untilScore(first, 800)
    await untilScore(second, 800)
    await untilScore(await container.run(), 800)
    expect(scoreOf(other)).toBe(START)
    expect(await untilStatus(([status]) => status?.outcome === 'applied')).toHaveLength(1)
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
    await untilStatus((containers, { desiredRevision, restoring }) => {
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
    expect(await untilStatus(({ length }) => length === 2)).toMatchObject([
      { outcome: 'applied' },
      { outcome: 'applied' },
    ])
    expect(scoreOf(other)).toBe(START)
    await want()
    await untilScore(second, START)
    await next.remove()
    await sidecar.remove()
  }, 40_000)

  it('raises a container of a pod that came to be after it was desired', async () => {
    const podUid = randomUUID()
    const containers = [desire({ podUid, name: 'later' }, 750)]
    await bucket.put(nodeToken(NODE), encodeDesiredState({ version: 1, node: NODE, containers }))
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

  it('refuses the state of another node', async () => {
    const pid = await container.run()
    const containers = [desire(container, 900, container.id)]
    await bucket.put(nodeToken(NODE), encodeDesiredState({ version: 1, node: 'node-b', containers }))
    await agent.program.said('node: expected node-a.example, got node-b')
    expect(scoreOf(pid)).toBe(START)
  }, 40_000)

  itUnless(
    withRight,
    'tells that the kernel refused a score below the start, and which capability is missing',
    async () => {
      const pid = await container.run()
      await want(container, START - 1)
      const [status] = await untilStatus(([only]) => only?.containerId === container.id)
      expect(status).toMatchObject({ outcome: 'failed', reason: 'KernelRefused' })
      expect(status?.message).toContain('CAP_SYS_RESOURCE')
      expect(scoreOf(pid)).toBe(START)
    },
    40_000,
  )

  it('tells of a container that is not on the node', async () => {
    await want(NOWHERE, 500)
    const [status] = await untilStatus(([only]) => only?.containerId === NOWHERE.id)
    expect(status).toMatchObject({ outcome: 'failed', reason: 'ContainerAbsent' })
  }, 40_000)
})
