import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals'
import { connect, nkeyAuthenticator, type NatsConnection } from 'nats'
import { encodeDesiredState } from '../../contract/desiredState.ts'
import { KILL_STREAM, killSubject } from '../../contract/subjects.ts'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { AgentIdentities } from '../support/agentIdentities.ts'
import { readMetric, startAgent, type AgentProcess } from '../support/agentProcess.ts'
import { startChartNats, type ChartNats } from '../support/chartNats.ts'
import { sayFault } from '../support/faultLine.ts'
import { ensureHelm } from '../support/helm.ts'
import { describeUnless } from '../support/leftOut.ts'
import { writeSecret } from '../support/program.ts'
import { readRecording, repeat } from '../support/recording.ts'
import { applyCrds } from '../support/stack.ts'
import { OperatorWorld } from './operatorWorld.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const STREAMS = [KILL_STREAM, 'OOM_REJECTS', 'OOM_STATUS', 'OOM_AUDIT', 'KV_OOM_STATE', 'KV_OOM_DESIRED']
const ALREADY_STORED = 10_071
/** JSStreamExpectedLastSeqPerSubjectInProcessErr: another message for the same subject is on its way through the replicas. */
const IN_PROCESS = 10_164

describeUnless(whyNoServers(), 'three nats-servers as the chart sets them up, with real agents and operator', () => {
  const nodes = ['node-a', 'node-b', 'node-c', 'twin', 'follower']
  const helmFolder = mkdtempSync(join(tmpdir(), 'oomkeeper-helm-'))
  const recorded = readRecording('6.18-memcg-v1.kmsg')
  const agents: AgentProcess[] = []
  let nats: ChartNats
  let world: OperatorWorld
  const tokens = new Map<string, string>()

  const start = async (node: string, kills: number, folder = world.folder): Promise<AgentProcess> => {
    const kmsg = join(folder, `${node}.kmsg`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(kmsg, repeat(recorded, kills, { usecApart: 20_000 }))
    const tokenFile = writeSecret(join(folder, `token-${node}`), tokens.get(node) ?? '')
    const agent = await startAgent({ node, nats, folder, kmsg, bootId: BOOT, pace: 'kept', tokenFile })
    agents.push(agent)
    return agent
  }
  const leaderOf = async (stream: string): Promise<string> => {
    const jsm = await world.jsm()
    const probe = async () => (await jsm.streams.info(stream)).cluster?.leader
    return waitUntil(`a leader of ${stream}`, probe, { deadlineMs: 30_000, everyMs: 100 })
  }
  const untilCounted = (node: string, kills: number): Promise<true> => {
    const isSo = async () => {
      const counted = (await world.nodeReport(node))?.kills ?? 0
      if (counted >= kills) return true as const
      throw new Error(`${counted} are counted`)
    }
    return waitUntil(`${kills} kills of ${node}`, isSo, { deadlineMs: 90_000, everyMs: 200 })
  }

  beforeAll(async () => {
    nats = await startChartNats(await ensureHelm(helmFolder))
    world = await OperatorWorld.start({ nats })
    await applyCrds(world.api.kubectl)
    const identities = new AgentIdentities(world.api.access)
    await identities.prepare()
    for (const node of nodes) tokens.set(node, await identities.makeAgent(node))
    identities.close()
    await world.readyOperator({ OOMKEEPER_STREAM_REPLICAS: '3' })
  }, 300_000)
  afterEach(async () => {
    for (const { program } of agents.splice(0)) await program.kill()
  })
  afterAll(async () => {
    await world?.endOperators()
    await world?.dispose()
    rmSync(helmFolder, { recursive: true, force: true })
  })

  it('hold three copies of each stream and bucket', async () => {
    const jsm = await world.jsm()
    for (const stream of STREAMS) {
      const isHeld = async (): Promise<true> => {
        const { config, cluster } = await jsm.streams.info(stream)
        const current = cluster?.replicas?.filter((peer) => peer.current).length
        if (config.num_replicas === 3 && current === 2) return true
        throw new Error(`${config.num_replicas} replicas, ${current} beside its leader are current`)
      }
      await waitUntil(`three copies of ${stream}`, isHeld, { deadlineMs: 20_000, everyMs: 100 })
    }
  })

  it('lose no kill and double none when the one that leads is killed in a storm, and comes back', async () => {
    const kills = 300
    const names = nodes.slice(0, 3)
    const started = await Promise.all(names.map((node) => start(node, kills)))
    await untilCounted('node-a', 20)
    const leader = await leaderOf(KILL_STREAM)
    await nats.servers.get(leader)?.kill()
    const killedMs = performance.now()
    const next = await waitUntil(
      'another leader',
      async () => {
        const now = await leaderOf(KILL_STREAM)
        return now === leader ? undefined : now
      },
      { deadlineMs: 30_000, everyMs: 100 },
    )
    const ledAgainMs = performance.now() - killedMs
    const counted = (await world.nodeReport('node-a'))?.kills ?? 0
    await untilCounted('node-a', Math.min(kills, counted + 50)) // With two of three.
    await nats.servers.get(leader)?.start()
    expect(next).not.toBe(leader)
    for (const { program } of started) expect((await program.ended).code).toBe(0)
    for (const node of names) await untilCounted(node, kills)
    await world.untilSettled()
    for (const node of names) expect((await world.nodeReport(node))?.kills).toBe(kills)
    expect((await (await world.jsm()).streams.info(KILL_STREAM)).state.messages).toBe(names.length * kills)
    sayFault('one of three nats-servers killed', {
      kills: names.length * kills,
      counted: names.length * kills,
      'another leads after at most': `${(ledAgainMs / 1000).toFixed(1)} s`,
    })
  }, 240_000)

  it('store a kill once that is told by two at the same time: who is told to wait (10164) tells it again', async () => {
    const kills = 200
    const before = (await (await world.jsm()).streams.info(KILL_STREAM)).state.messages
    const twins = await Promise.all(['one', 'two'].map((name) => start('twin', kills, join(world.folder, name))))
    const stored = async (): Promise<number> => {
      const sums = await Promise.all(twins.map((twin) => readMetric(twin, 'kills_stored_total').catch(() => 0)))
      return sums.reduce((sum, each) => sum + each, 0)
    }
    await waitUntil('kills of both', async () => ((await stored()) > 20 ? true : undefined), { deadlineMs: 30_000 })
    for (const { program } of twins) expect((await program.ended).code).toBe(0)
    await untilCounted('twin', kills)
    await world.untilSettled()
    expect((await world.nodeReport('twin'))?.kills).toBe(kills)
    expect((await (await world.jsm()).streams.info(KILL_STREAM)).state.messages).toBe(before + kills)
  }, 120_000)

  it('give a node each new desired state within seconds, whichever of them it asks', async () => {
    const agent = await startAgent({
      node: 'follower',
      nats,
      folder: world.folder,
      tokenFile: writeSecret(join(world.folder, 'token-follower'), tokens.get('follower') ?? ''),
      mode: 'raise',
    })
    agents.push(agent)
    const jsm = await world.jsm()
    const said = async (): Promise<number> => {
      const message = await jsm.streams.getMessage('OOM_STATUS', { last_by_subj: 'oom.v1.status.follower' })
      return message.json<{ desiredRevision?: number }>().desiredRevision ?? -1
    }
    const hasSaid = (revision: number): Promise<true> =>
      waitUntil(`revision ${revision}`, async () => ((await said()) >= revision ? true : undefined), {
        deadlineMs: 5_000,
        everyMs: 20,
        evidence: () => agent.program.tail(),
      })
    await waitUntil('its first word', async () => ((await said()) >= 0 ? true : undefined), { deadlineMs: 20_000 })
    // The operator would put its own state in place of this test's.
    await world.endOperators()
    const bucket = await world.js.views.kv('OOM_DESIRED', { bindOnly: true })
    const state = encodeDesiredState({ version: 2, node: 'follower', rules: [], containers: [] })
    for (let round = 0; round < 30; round++) await hasSaid(await bucket.put('follower', state))
  }, 120_000)

  it('answer copies that race each other with 10164 or 10071, and one of them with an ack', async () => {
    const authenticator = nkeyAuthenticator(Buffer.from(nats.seeds.operator))
    const connections: NatsConnection[] = await Promise.all(
      [0, 1, 2].map(() => connect({ servers: nats.url, authenticator, tls: { caFile: nats.caFile } })),
    )
    try {
      const expectation = { streamName: KILL_STREAM, lastSubjectSequence: 0 }
      const answers = new Map<number, number>()
      for (let kill = 0; kill < 50; kill++) {
        const subject = killSubject('racer', BOOT, 1_000 + kill)
        const told = await Promise.allSettled(
          // Several on each, one behind the other: the first is still on its way to the replicas when the next is there.
          [...connections, ...connections, ...connections].map((connection) =>
            connection.jetstream().publish(subject, 'no kill', { expect: expectation }),
          ),
        )
        expect(told.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        for (const one of told) {
          if (one.status === 'fulfilled') continue
          const code = (one.reason as { api_error?: { err_code: number } }).api_error?.err_code ?? 0
          answers.set(code, (answers.get(code) ?? 0) + 1)
        }
      }
      expect([...answers.keys()].filter((code) => code !== ALREADY_STORED && code !== IN_PROCESS)).toEqual([])
      expect(answers.get(IN_PROCESS) ?? 0).toBeGreaterThan(0)
    } finally {
      await Promise.all(connections.map((connection) => connection.close()))
    }
  }, 60_000)
})
