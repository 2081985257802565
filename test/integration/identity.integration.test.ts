import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals'
import { connect, type NatsConnection } from 'nats'
import { pino } from 'pino'
import { KILL_STREAM, inboxPrefix } from '../../contract/subjects.ts'
import { connectNats } from '../../program/adapters/natsConnection.ts'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { readKubeconfig, writeKubeconfig } from '../cluster/parts/kubeconfig.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { AgentIdentities } from '../support/agentIdentities.ts'
import { startAgent, type AgentOptions, type AgentProcess } from '../support/agentProcess.ts'
import { startBusyApiserver } from '../support/busyApiserver.ts'
import { describeUnless } from '../support/leftOut.ts'
import { readRecording, repeat } from '../support/recording.ts'
import { applyCrds, untilReady, type OperatorProcess } from '../support/stack.ts'
import { OperatorWorld } from './operatorWorld.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const OTHER_BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f61'
const KILLS = 900
const KILLS_PER_SECOND = 100

describeUnless(whyNoServers(), 'the identity of an agent, with a real nats-server and kube-apiserver', () => {
  let world: OperatorWorld
  let identities: AgentIdentities
  let token: string
  const agents: AgentProcess[] = []
  const connections: NatsConnection[] = []

  /** As an agent logs in, once. */
  const logIn = async (withToken: string | undefined, node = 'node-a'): Promise<NatsConnection> => {
    const connection = await connect({
      servers: world.nats.url,
      ...(withToken !== undefined && { token: withToken }),
      inboxPrefix: inboxPrefix(node),
      reconnect: false,
      timeout: 8_000,
    })
    connections.push(connection)
    return connection
  }
  const refusedWith = async (operator: OperatorProcess, login: () => Promise<unknown>): Promise<string[]> => {
    const before = await refusals(operator)
    await expect(login()).rejects.toThrow(/Authorization Violation/)
    const after = await refusals(operator)
    return [...after].filter(([reason, count]) => count > (before.get(reason) ?? 0)).map(([reason]) => reason)
  }
  const tokenFile = (content: string): string => {
    const file = join(world.folder, 'token')
    writeFileSync(file, content)
    return file
  }
  const startAgentOf = async (
    node: string,
    file: string,
    options: Partial<AgentOptions> = {},
  ): Promise<AgentProcess> => {
    const agent = await startAgent({ node, nats: world.nats, folder: world.folder, tokenFile: file, ...options })
    agents.push(agent)
    return agent
  }

  beforeAll(async () => {
    world = await OperatorWorld.start({ callout: true })
    await applyCrds(world.api.kubectl)
    identities = new AgentIdentities(world.api.access)
    await identities.prepare(['other'])
    token = await identities.makeAgent('node-a')
  }, 120_000)
  afterEach(async () => {
    for (const connection of connections.splice(0)) await connection.close()
    for (const { program } of agents.splice(0)) await program.kill()
    await world.endOperators()
  })
  afterAll(async () => {
    identities?.close()
    await world?.dispose()
  })

  it('is its node, by a token of its pod: it may publish there, and is shown by its name', async () => {
    const operator = await world.readyOperator()
    const connection = await logIn(token)
    const answer = await connection.request('oom.v1.status.node-a', '{}', { timeout: 3_000 })
    expect(answer.json()).toMatchObject({ stream: 'OOM_STATUS' })
    expect(await counted(operator, 'logins_admitted_total')).toBe(1)
  }, 60_000)

  it('is nobody without such a token, and each refusal is counted with its reason and said once', async () => {
    const operator = await world.readyOperator()
    const elsewhere = await identities.makeAgent('node-far', '10.1.2.3')
    const otherPod = await identities.makePod('node-a', undefined, 'other')
    const forged = token.replace(/\.[^.]*$/, `.${'A'.repeat(86)}`)
    const gone = await identities.makePod('node-gone')
    const ofGone = await identities.token({ pod: gone })
    await identities.deletePod(gone)
    const cases: [string, string | undefined][] = [
      ['NoToken', undefined],
      ['NotAToken', 'secret'],
      ['TokenExpired', withClaims(token, { exp: Math.floor(Date.now() / 1_000) - 60 })],
      [
        'OtherAudience',
        await identities.token({ pod: 'agent-node-a-oomkeeper-agent', audience: 'https://kubernetes.default.svc' }),
      ],
      ['OtherServiceAccount', await identities.token({ pod: otherPod, serviceAccount: 'other' })],
      ['NoPod', await identities.token({})],
      ['NotAuthenticated', forged],
      ['NotAuthenticated', ofGone],
      ['OtherAddress', elsewhere],
    ]
    for (const [reason, login] of cases) expect(await refusedWith(operator, () => logIn(login))).toEqual([reason])
    await operator.program.said('expected a service account token, got another login or none')
    await operator.program.said("expected the pod's own address (10.1.2.3), got 127.0.0.1")
    expect(operator.program.log).not.toContain(token.slice(0, 40))
  }, 60_000)

  it('is answered by every operator, those that stand by too', async () => {
    const env = { OOMKEEPER_LEADER_ELECT: 'true', OOMKEEPER_LEASE_NAMESPACE: 'shop' }
    const operators = [await world.readyOperator(env), await world.readyOperator(env)]
    await Promise.all(Array.from({ length: 40 }, () => logIn(token)))
    const answered = await Promise.all(operators.map((operator) => counted(operator, 'logins_admitted_total')))
    expect(answered.reduce((sum, one) => sum + one, 0)).toBe(40)
    expect(Math.min(...answered)).toBeGreaterThan(5)
  }, 60_000)

  it('outlives an operator that is away, until its login ends, and is let in again when there is one', async () => {
    await world.readyOperator({ OOMKEEPER_LOGIN_SECONDS: '4' })
    const agent = await startAgentOf('node-a', tokenFile(token))
    await untilReady(agent)
    await world.endOperators()
    expect((await fetch(`${agent.baseUrl}/readyz`)).status).toBe(200)
    const saysWhy = async (): Promise<true | undefined> => {
      const said = await (await fetch(`${agent.baseUrl}/readyz`)).text()
      return said.includes("refuses this login: the operator's log says why, or no operator answers") || undefined
    }
    const evidence = (): string => agent.program.tail()
    await waitUntil('the agent to say that it is not let in', saysWhy, { deadlineMs: 20_000, everyMs: 100, evidence })
    await world.readyOperator()
    await untilReady(agent)
  }, 90_000)

  it('is renewed again and again while kills are told: each is stored once, in order', async () => {
    const operator = await world.readyOperator({ OOMKEEPER_LOGIN_SECONDS: '2' })
    const kmsg = join(world.folder, 'kills.kmsg')
    writeFileSync(kmsg, repeat(readRecording('6.18-memcg-v1.kmsg'), KILLS, { usecApart: 1_000_000 / KILLS_PER_SECOND }))
    const agent = await startAgentOf('node-a', tokenFile(token), { kmsg, pace: 'kept', bootId: BOOT })
    expect(await agent.program.ended).toEqual({ code: 0, signal: null })
    expect(await counted(operator, 'logins_admitted_total')).toBeGreaterThan(3)
    const jsm = await world.jsm()
    const { state } = await jsm.streams.info(KILL_STREAM, { subjects_filter: `oom.v1.kill.node-a.${BOOT}.>` })
    expect(Object.values(state.subjects ?? {})).toEqual(Array.from({ length: KILLS }, () => 1))
  }, 90_000)

  it('tells every kill while all keys of NATS are made anew', async () => {
    await world.readyOperator()
    const kmsg = join(world.folder, 'rotation.kmsg')
    writeFileSync(kmsg, repeat(readRecording('6.18-memcg-v1.kmsg'), KILLS, { usecApart: 1_000_000 / KILLS_PER_SECOND }))
    const agent = await startAgentOf('node-a', tokenFile(token), { kmsg, pace: 'kept', bootId: OTHER_BOOT })
    const stored = async (): Promise<number[]> => {
      const jsm = await world.jsm()
      const { state } = await jsm.streams.info(KILL_STREAM, { subjects_filter: `oom.v1.kill.node-a.${OTHER_BOOT}.>` })
      return Object.values(state.subjects ?? {})
    }
    await waitUntil('the first kills', async () => (await stored()).length > 100 || undefined, { deadlineMs: 20_000 })
    await world.renewKeys()
    const after = await waitUntil('what is stored, by the new keys', () => stored().catch(() => undefined), {
      deadlineMs: 30_000,
    })
    expect(after.length).toBeLessThan(KILLS)
    await world.endOperators()
    const operator = await world.readyOperator()
    expect(await agent.program.ended).toEqual({ code: 0, signal: null })
    expect(await stored()).toEqual(Array.from({ length: KILLS }, () => 1))
    expect(await counted(operator, 'logins_admitted_total')).toBeGreaterThan(0)
  }, 90_000)

  it('is let in by an apiserver that takes a second for each request, and refuses a third of them', async () => {
    const busy = await startBusyApiserver(readKubeconfig(world.kubeconfig), world.folder, 33, 1_000)
    const stop = new AbortController()
    try {
      const kubeconfig = join(world.folder, 'busy-kubeconfig')
      writeKubeconfig(kubeconfig, busy.access)
      const operator = await world.startOperator({}, kubeconfig)
      const target = {
        url: world.nats.url,
        login: { name: 'token', refusalAdvice: '', authenticate: () => ({ auth_token: token }) },
        inboxPrefix: inboxPrefix('node-a'),
        clientName: 'agent',
      }
      const clients = Array.from({ length: 200 }, () => connectNats(target, pino({ level: 'silent' }), stop.signal))
      connections.push(...(await Promise.all(clients)))
      expect(await counted(operator, 'logins_admitted_total')).toBeGreaterThanOrEqual(200)
      expect((await refusals(operator)).get('ApiserverUnreachable')).toBeGreaterThan(0)
    } finally {
      stop.abort(new Error('the test has ended'))
      await busy.close()
    }
  }, 60_000)

  it('says itself what is wrong with its token', async () => {
    await world.readyOperator()
    const ofOther = await identities.token({ pod: 'agent-node-a-oomkeeper-agent', audience: 'other' })
    const agent = await startAgentOf('node-a', tokenFile(ofOther))
    await agent.program.said('the server refuses this login: its token is for another audience than oomkeeper-nats')
    tokenFile(token)
    await untilReady(agent)
  }, 60_000)
})

/** With other claims; nobody has signed those. */
function withClaims(token: string, changes: object): string {
  const [header, payload = '', signature] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  return `${header}.${Buffer.from(JSON.stringify({ ...claims, ...changes })).toString('base64url')}.${signature}`
}

async function counted({ baseUrl }: OperatorProcess, name: string): Promise<number> {
  const text = await (await fetch(`${baseUrl}/metrics`)).text()
  return Number(new RegExp(`^oomkeeper_operator_${name} (\\S+)$`, 'm').exec(text)?.[1])
}

async function refusals({ baseUrl }: OperatorProcess): Promise<Map<string, number>> {
  const text = await (await fetch(`${baseUrl}/metrics`)).text()
  const samples = text.matchAll(/^oomkeeper_operator_logins_refused_total\{reason="(\w+)"\} (\d+)$/gm)
  return new Map([...samples].map(([, reason = '', count]) => [reason, Number(count)]))
}
