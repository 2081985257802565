import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { DESIRED_BUCKET } from '../../contract/subjects.ts'
import { readKubeconfig, writeKubeconfig } from '../cluster/parts/kubeconfig.ts'
import { freePorts } from '../cluster/process/freePort.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { startAgent, type AgentProcess } from '../support/agentProcess.ts'
import { removeFakeKubepods, scoreOf, type FakeContainer } from '../support/fakeContainer.ts'
import { flags, Program, writeSecret, type Ended } from '../support/program.ts'
import { applyCrds } from '../support/stack.ts'
import { TcpService } from '../support/tcpService.ts'
import { OperatorWorld } from './operatorWorld.ts'
import { runPod } from './runPod.ts'
import { describeUnless, notRoot } from '../support/leftOut.ts'

const START = scoreOf(process.pid)
const LABELS = { tier: 'batch' }

let world: OperatorWorld
let agent: AgentProcess
let container: FakeContainer
let pid: number

async function untilRaised(): Promise<void> {
  const evidence = () => agent.program.tail()
  await waitUntil('score 800', () => scoreOf(pid) === 800 || undefined, { deadlineMs: 30_000, everyMs: 20, evidence })
}

/** As the chart's hook runs it, which waits for the nodes for a minute: a machine that is busy with more takes its time. */
function startRestore({ natsUrl = world.nats.url, waitSeconds = 60, kubeconfig = world.api.kubeconfig } = {}): Program {
  const { user, password } = world.nats.users.operator
  return new Program('restore', [
    ...flags({
      kubeconfig,
      'nats-url': natsUrl,
      'nats-user': user,
      'nats-password-file': writeSecret(`${world.folder}/nats-restore`, password),
      namespace: 'shop',
      deployment: 'oomkeeper-operator',
      wait: String(waitSeconds),
    }),
  ])
}

async function restore(options: Parameters<typeof startRestore>[0] = {}): Promise<Ended & { program: Program }> {
  const program = startRestore(options)
  return { ...(await program.ended), program }
}

const replicas = async (): Promise<number> =>
  (await world.get<{ spec: { replicas: number } }>('deployment', '-n', 'shop', 'oomkeeper-operator')).spec.replicas

const finalizers = async (): Promise<string[]> =>
  (await world.get<{ metadata: { finalizers?: string[] } }>('oomp', 'batch-first')).metadata.finalizers ?? []

describeUnless(notRoot, 'oomkeeper-restore, before an uninstall', () => {
  beforeAll(async () => {
    world = await OperatorWorld.start()
    await applyCrds(world.api.kubectl)
    await world.makeController('apps/v1', 'Deployment', 'oomkeeper-operator')
    ;({ container, pid } = await runPod(world, 'nightly', LABELS))
    const oomScoreAdj = { value: 800 }
    const spec = { podSelector: { matchLabels: LABELS }, oomScoreAdj, mode: 'Enforce', allowCrossQoS: true }
    const metadata = { name: 'batch-first' }
    await world.apply({ apiVersion: 'oomkeeper.io/v1alpha1', kind: 'OOMPolicy', metadata, spec })
    agent = await startAgent({ node: 'node-a', nats: world.nats, folder: world.folder })
  }, 120_000)

  afterAll(async () => {
    await agent.program.kill()
    await world.endOperators()
    await container.remove()
    removeFakeKubepods()
    await world.dispose()
  })

  it('says that there is nothing to give back where no policy was ever enforced, and needs no NATS for that', async () => {
    const { code, program } = await restore({ natsUrl: 'nats://127.0.0.1:9' })
    expect(program.errors).toBe('')
    expect(code).toBe(0)
    expect(program.log).toContain('nothing to give back')
    expect(await replicas()).toBe(0)
  }, 120_000)

  it('asks again where a network that heeds NetworkPolicies does not know its pod yet', async () => {
    const access = readKubeconfig(world.api.kubeconfig)
    const [later = 0] = await freePorts(1)
    const kubeconfig = `${world.folder}/kubeconfig-later`
    writeKubeconfig(kubeconfig, { ...access, server: `https://127.0.0.1:${later}` })
    const program = startRestore({ kubeconfig, natsUrl: 'nats://127.0.0.1:9' })
    await sleep(3_000)
    expect(program.running).toBe(true)
    const service = await TcpService.open([Number(new URL(access.server).port)], later)
    expect(await program.ended).toEqual({ code: 0, signal: null })
    service.close()
  }, 120_000)

  it('gives every score back, lets the policies go and keeps them', async () => {
    await world.readyOperator()
    await untilRaised()
    await world.endOperators()
    const { code, program } = await restore()
    expect(program.errors).toBe('')
    expect(code).toBe(0)
    expect(scoreOf(pid)).toBe(START)
    expect(await finalizers()).toEqual([])
    expect(program.log).toContain('every score is given back')
  }, 120_000)

  it('waits for the nodes, too, when it is run again after a kill -9 in the middle', async () => {
    await world.readyOperator()
    await untilRaised()
    await world.endOperators()
    const bucket = await world.js.views.kv(DESIRED_BUCKET, { bindOnly: true })
    const isDeleted = async () => (await bucket.get('node-a'))?.operation === 'DEL' || undefined
    process.kill(agent.program.pid, 'SIGSTOP')
    try {
      const killed = startRestore()
      await waitUntil('the state to be deleted', isDeleted, { deadlineMs: 30_000, everyMs: 20 })
      await killed.kill()
      const again = startRestore()
      // Time to connect, and to do what it would do at once.
      await sleep(4_000)
      expect(again.running).toBe(true)
      expect(await finalizers()).toHaveLength(1)
      expect(scoreOf(pid)).toBe(800)
      process.kill(agent.program.pid, 'SIGCONT')
      expect(await again.ended).toEqual({ code: 0, signal: null })
      expect(again.log).toContain('every score is given back')
      expect(again.log).not.toContain('silent')
      expect(scoreOf(pid)).toBe(START)
      expect(await finalizers()).toEqual([])
    } finally {
      process.kill(agent.program.pid, 'SIGCONT')
    }
  }, 120_000)

  it('does not wait for ever for an agent that is down, and names its node', async () => {
    await world.readyOperator()
    await untilRaised()
    await world.endOperators()
    await agent.program.kill()
    const { code, program } = await restore({ waitSeconds: 3 })
    expect(code).toBe(0)
    expect(program.log).toContain('"nodes":["node-a"],"msg":"these agents are silent')
    expect(await finalizers()).toEqual([])
    // What it left is remembered on the node.
    agent = await startAgent({ node: 'node-a', nats: world.nats, folder: world.folder })
    const given = () => scoreOf(pid) === START || undefined
    await waitUntil('the score of before', given, {
      deadlineMs: 30_000,
      everyMs: 20,
      evidence: () => agent.program.tail(),
    })
  }, 120_000)
})
