import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { DESIRED_BUCKET } from '../../contract/subjects.ts'
import { readKubeconfig, writeKubeconfig } from '../cluster/parts/kubeconfig.ts'
import { freePorts } from '../cluster/process/freePort.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { startAgent, type AgentProcess } from '../support/agentProcess.ts'
import { removeFakeKubepods, scoreOf, type FakeContainer } from '../support/fakeContainer.ts'
import { ensureHelm, renderChart, type RenderedObject } from '../support/helm.ts'
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
/** The chart's hook, but for its Job: its account and what that may do. */
let hook: RenderedObject[]

interface Rule {
  resources: string[]
}

/** One thing that each rule of the chart's lets the hook do, as `kubectl auth can-i` takes it. */
const RIGHTS = {
  deployments: ['get', 'deployments/oomkeeper-operator'],
  'deployments/scale': ['patch', 'deployments/oomkeeper-operator', '--subresource=scale'],
  pods: ['list', 'pods'],
  leases: ['delete', 'leases/oomkeeper-operator'],
  oompolicies: ['list', 'oompolicies.oomkeeper.io'],
} as const
type Resource = keyof typeof RIGHTS

/** From its return on the hook's account may do what the chart gives it, but for one rule. @param asked what to wait for */
async function allow(asked: readonly Resource[], without?: Resource): Promise<void> {
  const items = hook.map((object) => {
    const rules = object['rules'] as Rule[] | undefined
    return rules === undefined ? object : { ...object, rules: rules.filter(({ resources: [one] }) => one !== without) }
  })
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  await world.api.kubectl(['apply', '-n', 'shop', '-f', '-'], { stdin })
  const as = ['-n', 'shop', '--as=system:serviceaccount:shop:oomkeeper-uninstall']
  for (const resource of asked) {
    const isInForce = async (): Promise<true | undefined> => {
      // It ends with 1 where it says no.
      const said = await world.api.kubectl(['auth', 'can-i', ...RIGHTS[resource], ...as]).catch(() => 'no')
      return (said.trim() === 'yes') === (resource !== without) || undefined
    }
    await waitUntil(`the apiserver to take up the rule for ${resource}`, isInForce, { deadlineMs: 20_000 })
  }
}

async function untilRaised(): Promise<void> {
  const evidence = () => agent.program.tail()
  await waitUntil('score 800', () => scoreOf(pid) === 800 || undefined, { deadlineMs: 30_000, everyMs: 20, evidence })
}

/** Of the hook's account. */
const hookKubeconfig = (): string => `${world.folder}/hook-kubeconfig`

/** As the chart's hook runs it, with that one's rights, which waits for the nodes for a minute: a machine that is busy with more takes its time. */
function startRestore({
  natsUrl = world.nats.url,
  passwordFile = '',
  waitSeconds = 60,
  kubeconfig = hookKubeconfig(),
} = {}): Program {
  const { user, password } = world.nats.users.operator
  return new Program('restore', [
    ...flags({
      kubeconfig,
      'nats-url': natsUrl,
      'nats-user': user,
      'nats-password-file': passwordFile || writeSecret(`${world.folder}/nats-restore`, password),
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

const leases = async (): Promise<string[]> =>
  (await world.api.kubectl(['get', 'leases', '-n', 'shop', '-o', 'name'])).split('\n').filter((line) => line !== '')

const finalizers = async (): Promise<string[]> =>
  (await world.get<{ metadata: { finalizers?: string[] } }>('oomp', 'batch-first')).metadata.finalizers ?? []

describeUnless(notRoot, 'oomkeeper-restore, before an uninstall', () => {
  beforeAll(async () => {
    world = await OperatorWorld.start()
    await applyCrds(world.api.kubectl)
    await world.makeController('apps/v1', 'Deployment', 'oomkeeper-operator')
    const objects = await renderChart(await ensureHelm(world.folder), [], { namespace: 'shop' })
    hook = objects.filter(({ kind, metadata: { name } }) => name === 'oomkeeper-uninstall' && kind !== 'Job')
    await allow(Object.keys(RIGHTS) as Resource[])
    const token = await world.api.kubectl(['create', 'token', 'oomkeeper-uninstall', '-n', 'shop', '--duration=2h'])
    writeKubeconfig(hookKubeconfig(), { ...world.api.access, token: token.trim() })
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

  it('says that there is nothing to give back where no policy was ever enforced, and needs neither NATS nor a login for that', async () => {
    const { code, program } = await restore({
      natsUrl: 'nats://127.0.0.1:9',
      passwordFile: `${world.folder}/never-made`,
    })
    expect(program.errors).toBe('')
    expect(code).toBe(0)
    expect(program.log).toContain('nothing to give back')
    expect(await replicas()).toBe(0)
  }, 120_000)

  it('asks again where a network that heeds NetworkPolicies does not know its pod yet', async () => {
    const access = readKubeconfig(hookKubeconfig())
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

  it.each<[Resource, string, { exitCode: number; left: number }]>([
    ['deployments', "expected the apiserver to read the operator's Deployment, got 403", { exitCode: 3, left: 1 }],
    ['deployments/scale', 'expected the apiserver to scale the operator to 0, got 403', { exitCode: 3, left: 1 }],
    ['pods', "expected the apiserver to list the operator's pods, got 403", { exitCode: 3, left: 1 }],
    ['oompolicies', 'expected the apiserver to list OOMPolicies, got 403', { exitCode: 3, left: 1 }],
    ['leases', 'expected the apiserver to delete the lease oomkeeper-operator, got 403', { exitCode: 0, left: 0 }],
  ])(
    'says what it lacks where the chart’s rule for %s is taken away, and has the operator run again where it fails',
    async (resource, words, { exitCode, left }) => {
      await world.api.kubectl(['scale', 'deployment', 'oomkeeper-operator', '-n', 'shop', '--replicas=1'])
      await allow([resource], resource)
      try {
        const { code, program } = await restore({ natsUrl: 'nats://127.0.0.1:9' })
        expect(program.log + program.errors).toContain(words)
        expect(code).toBe(exitCode)
        expect(await replicas()).toBe(left)
      } finally {
        await allow([resource])
      }
    },
    60_000,
  )

  it('gives every score back, lets the policies go and keeps them, and removes the lease', async () => {
    await world.readyOperator({ OOMKEEPER_LEADER_ELECT: 'true', OOMKEEPER_LEASE_NAMESPACE: 'shop' })
    await untilRaised()
    await world.endOperators()
    expect(await leases()).toEqual(['lease.coordination.k8s.io/oomkeeper-operator'])
    const { code, program } = await restore()
    expect(await leases()).toEqual([])
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
