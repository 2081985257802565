import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals'
import { connect, Empty, Events, type ConnectionOptions, type NatsConnection, type Payload } from 'nats'
import { encodeKillEvent } from '../../contract/killEvent.ts'
import { KILL_STREAM, inboxPrefix, killSubject } from '../../contract/subjects.ts'
import { REJECT_STREAM } from '../../operator/runtime/streamPlan.ts'
import { killEventOf } from '../../operator/testing/killEvents.ts'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { AgentIdentities } from '../support/agentIdentities.ts'
import { describeUnless } from '../support/leftOut.ts'
import { applyCrds, type OperatorProcess } from '../support/stack.ts'
import { OperatorWorld, inPod } from './operatorWorld.ts'

const BOOT = '11111111-2222-4333-8444-555555555555'
const STREAM_BYTES = 64 * 1024 * 1024
const FLOOD_BYTES = 16 * 1024
const DESIRED = '$JS.API.DIRECT.GET.KV_OOM_DESIRED.$KV.OOM_DESIRED'

/** Rows of the table in docs/security.md that a node's own login is tried for. */
describeUnless(whyNoServers(), 'a node that was taken over, with the login of its agent', () => {
  let world: OperatorWorld
  let identities: AgentIdentities
  let operator: OperatorProcess
  let attacker: NatsConnection
  const tokens = new Map<string, string>()
  const connections: NatsConnection[] = []
  /** What the server refused, as it says it. */
  const refusals: string[] = []

  const logIn = async (node: string, options: ConnectionOptions = {}): Promise<NatsConnection> => {
    const connection = await connect({
      ...options,
      servers: world.nats.url,
      token: tokens.get(node) ?? '',
      inboxPrefix: inboxPrefix(node),
      timeout: 8_000,
    })
    connections.push(connection)
    void (async () => {
      for await (const status of connection.status()) {
        if (status.type === Events.Error) refusals.push(JSON.stringify(status.permissionContext ?? status.data))
      }
    })()
    return connection
  }
  /** @param keepOutSeconds Of a node that floods; 0: it stays, as where the operator may not cut it. */
  const startOperator = (keepOutSeconds: number): Promise<OperatorProcess> =>
    world.readyOperator({
      OOMKEEPER_STREAM_MAX_BYTES: String(STREAM_BYTES),
      OOMKEEPER_FLOOD_KEEP_OUT_SECONDS: String(keepOutSeconds),
    })
  const untilRefused = (count: number): Promise<true> =>
    waitUntil(`${count} refusals`, () => (refusals.length >= count ? true : undefined), {
      deadlineMs: 5_000,
      everyMs: 10,
    })
  const publishRefused = async (subjects: readonly string[], payload: Payload = Empty): Promise<void> => {
    for (const subject of subjects) attacker.publish(subject, payload)
    await untilRefused(subjects.length)
    expect(refusals).toEqual(subjects.map((subject) => JSON.stringify({ operation: 'publish', subject })))
  }
  const stored = async (subject: string): Promise<number> => {
    const jsm = await world.jsm()
    const { state } = await jsm.streams.info(KILL_STREAM, { subjects_filter: subject })
    return Object.keys(state.subjects ?? {}).length
  }
  const counted = async (name: string): Promise<number> => {
    const text = await (await fetch(`${operator.baseUrl}/metrics`)).text()
    return Number(new RegExp(`^oomkeeper_operator_${name} (\\S+)$`, 'm').exec(text)?.[1])
  }
  const rejected = (): Promise<number> => counted('events_rejected_total')
  const untilRejected = (count: number): Promise<true> =>
    waitUntil(`${count} rejects`, async () => ((await rejected()) >= count ? true : undefined), { deadlineMs: 15_000 })

  beforeAll(async () => {
    world = await OperatorWorld.start({ callout: true })
    await applyCrds(world.api.kubectl)
    identities = new AgentIdentities(world.api.access)
    await identities.prepare()
    for (const node of ['node-a', 'node-b']) tokens.set(node, await identities.makeAgent(node))
    operator = await startOperator(0)
    attacker = await logIn('node-a')
  }, 120_000)
  afterEach(() => {
    refusals.length = 0
  })
  afterAll(async () => {
    for (const connection of connections) await connection.close()
    await world?.endOperators()
    identities?.close()
    await world?.dispose()
  })

  it('publishes no kill, status or audit record as another node', async () => {
    await publishRefused([killSubject('node-b', BOOT, 1), 'oom.v1.status.node-b', 'oom.v1.audit.node-b.pod'])
    expect(await stored('oom.v1.kill.node-b.>')).toBe(0)
  })

  it('tells no kill on its own subject that names another node, or a pod of another: it is set aside', async () => {
    const before = await rejected()
    const pod = await world.makePod({ name: 'others', node: 'node-b' })
    const ofOther = killEventOf({ node: 'node-b', bootId: BOOT, sequence: 11 })
    attacker.publish(killSubject('node-a', BOOT, 11), encodeKillEvent(ofOther))
    const ofOthersPod = killEventOf({ node: 'node-a', bootId: BOOT, sequence: 12, ...inPod(pod) })
    attacker.publish(killSubject('node-a', BOOT, 12), encodeKillEvent(ofOthersPod))
    await untilRejected(before + 2)
    const { state } = await (await world.jsm()).streams.info(REJECT_STREAM, { subjects_filter: 'oom.v1.reject.>' })
    expect(Object.keys(state.subjects ?? {})).toEqual(['oom.v1.reject.node-a'])
  }, 30_000)

  it("reads no other node's desired state, and hears no other's hints, ranking or inbox", async () => {
    await publishRefused([`${DESIRED}.node-b`, `${DESIRED}.*`, '$JS.API.DIRECT.GET.KV_OOM_DESIRED'])
    refusals.length = 0
    const subjects = ['oom.v1.desired.node-b', 'oom.v1.desired.*', 'oom.v1.rank.node-b', '_INBOX.>', '$KV.>', '>']
    for (const subject of subjects) attacker.subscribe(subject, { callback: () => undefined })
    await untilRefused(subjects.length)
    expect(refusals).toEqual(subjects.map((subject) => JSON.stringify({ operation: 'subscription', subject })))
  })

  it('makes no consumer, reads no stream, and changes none', async () => {
    await publishRefused(
      [
        'CONSUMER.CREATE.OOM_KILLS.x',
        'CONSUMER.MSG.NEXT.OOM_KILLS.x',
        'STREAM.INFO.OOM_KILLS',
        'STREAM.MSG.GET.OOM_KILLS',
        'DIRECT.GET.OOM_KILLS',
        'STREAM.PURGE.OOM_KILLS',
        'STREAM.DELETE.OOM_KILLS',
        'STREAM.UPDATE.OOM_KILLS',
        'INFO',
      ].map((api) => `$JS.API.${api}`),
    )
  })

  it('suppresses, overwrites and deletes nothing by a reply subject', async () => {
    const bucket = await world.js.views.kv('OOM_DESIRED', { bindOnly: true, allow_direct: true })
    const before = await bucket.put('node-b', 'as it was')
    const { created } = await (await world.jsm()).streams.info(KILL_STREAM)
    const replies = [
      killSubject('node-b', BOOT, 31),
      '$KV.OOM_DESIRED.node-b',
      '$JS.API.STREAM.DELETE.OOM_KILLS',
      '$JS.API.STREAM.PURGE.OOM_KILLS',
      'oom.v1.status.node-b',
    ]
    for (const [index, reply] of replies.entries()) {
      const own = killEventOf({ node: 'node-a', bootId: BOOT, sequence: 20 + index })
      attacker.publish(killSubject('node-a', BOOT, 20 + index), encodeKillEvent(own), { reply })
      attacker.publish(`${DESIRED}.node-a`, Empty, { reply })
      attacker.publish('oom.v1.status.node-a', '{}', { reply })
    }
    await attacker.flush()
    await world.untilSettled()
    expect((await (await world.jsm()).streams.info(KILL_STREAM)).created).toEqual(created)
    expect(await stored('oom.v1.kill.node-b.>')).toBe(0)
    expect((await bucket.get('node-b'))?.revision).toBe(before)
    const statuses = await (await world.jsm()).streams.info('OOM_STATUS', { subjects_filter: 'oom.v1.status.node-b' })
    expect(Object.keys(statuses.state.subjects ?? {})).toEqual([])
    // And the other node's kill of that sequence is stored as ever.
    const b = await logIn('node-b')
    const kill = encodeKillEvent(killEventOf({ node: 'node-b', bootId: BOOT, sequence: 31 }))
    const expected = { expect: { lastSubjectSequence: 0, streamName: KILL_STREAM } }
    await expect(b.jetstream().publish(killSubject('node-b', BOOT, 31), kill, expected)).resolves.toMatchObject({
      stream: KILL_STREAM,
    })
  }, 30_000)

  it('answers for nobody who logs in, ends no other’s connection, and is nobody else', async () => {
    attacker.subscribe('$SYS.REQ.USER.AUTH', { callback: () => undefined })
    attacker.publish('$SYS.REQ.USER.AUTH', 'x')
    attacker.publish('oom.v1.rank.node-b', '{}')
    attacker.publish(`$SYS.REQ.SERVER.${attacker.info?.server_id}.KICK`, '{"cid":1}')
    attacker.publish('oom.v1.flood', '{"node":"node-b","seconds":3600}')
    await untilRefused(5)
    const login = { servers: world.nats.url, reconnect: false, timeout: 8_000 }
    await expect(connect({ ...login, user: 'operator', pass: 'guess' })).rejects.toThrow(/Authorization Violation/)
    const publicHalf = 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4'
    const unsigned = { authenticator: () => ({ nkey: publicHalf, sig: '' }) }
    await expect(connect({ ...login, ...unsigned })).rejects.toThrow(/Authorization Violation/)
  }, 30_000)

  it('has no more subscriptions than an agent needs', async () => {
    const other = await logIn('node-a')
    let heard = 0
    for (let at = 0; at < 200; at++) other.subscribe('oom.v1.desired.node-a', { callback: () => heard++ })
    await waitUntil('the limit', () => (refusals.length > 0 ? true : undefined), { deadlineMs: 4_000, everyMs: 10 })
    const bucket = await world.js.views.kv('OOM_DESIRED', { bindOnly: true, allow_direct: true })
    await bucket.put('node-a', '{}')
    await waitUntil('the hint', () => (heard > 0 ? true : undefined), { deadlineMs: 4_000, everyMs: 10 })
    await other.flush()
    expect(heard).toBeLessThanOrEqual(32)
    await other.close()
  }, 15_000)

  it('floods the stream of kills, and another node’s are stored and counted in time', async () => {
    const b = await logIn('node-b')
    const pod = await world.makePod({ name: 'victim', node: 'node-b' })
    let isFlooding = true
    let sent = 0
    const flood = (async (): Promise<void> => {
      // Each is read no further than its subject; so large, they fill the stream within seconds.
      const payload = Buffer.alloc(FLOOD_BYTES)
      while (isFlooding) {
        for (let n = 0; n < 100; n++) attacker.publish(killSubject('node-a', BOOT, 1_000 + sent++), payload)
        await attacker.flush()
        // Some 2,000 a second: faster, and this process has no time left for the other node.
        await sleep(50)
      }
    })()
    try {
      await waitUntil(
        'the flood to be known as one',
        async () => ((await counted('kills_beyond_share_total')) > 2_000 ? true : undefined),
        { deadlineMs: 30_000 },
      )
      const startedMs = performance.now()
      for (let n = 0; n < 20; n++) {
        const event = killEventOf({
          node: 'node-b',
          bootId: BOOT,
          sequence: 100 + n,
          killedAt: new Date().toISOString(),
          ...inPod(pod),
        })
        const publish = async (): Promise<true> => {
          const expected = { expect: { lastSubjectSequence: 0, streamName: KILL_STREAM }, timeout: 1_000 }
          await b.jetstream().publish(killSubject('node-b', BOOT, 100 + n), encodeKillEvent(event), expected)
          return true
        }
        await waitUntil('the kill to be stored', publish, { deadlineMs: 15_000, everyMs: 50 })
      }
      const report = await world.untilKills('pod.victim.app', 20)
      expect(report.kills).toBe(20)
      console.log(
        `flood: ${sent} sent, the others' 20 kills counted in ${Math.round(performance.now() - startedMs)} ms`,
      )
    } finally {
      isFlooding = false
      await flood
    }
    await operator.program.said('a node sends more kills than its share of the stream')
    const events = await world.get<{ items: { reason: string; regarding?: unknown }[] }>('events', '-n', 'default')
    expect(events.items.map(({ reason }) => reason)).toContain('OOMNodeFloods')
  }, 120_000)

  it('is cut when it floods, refused for a while, and let in again; other nodes stay', async () => {
    await world.endOperators()
    operator = await startOperator(3)
    const b = await logIn('node-b', { reconnect: false })
    let sequence = 1_000_000
    /** Floods as node-a until its connection is ended. @returns how long that took, in milliseconds */
    const floodUntilCut = async (): Promise<number> => {
      const flooder = await logIn('node-a', { reconnect: false })
      const beganMs = performance.now()
      const payload = Buffer.alloc(FLOOD_BYTES)
      while (!flooder.isClosed() && performance.now() - beganMs < 30_000) {
        for (let n = 0; n < 100; n++) flooder.publish(killSubject('node-a', BOOT, sequence++), payload)
        await Promise.race([flooder.flush(), flooder.closed()]).catch(() => undefined)
        await sleep(20)
      }
      expect(flooder.isClosed()).toBe(true)
      return Math.round(performance.now() - beganMs)
    }
    const untilLetIn = async (): Promise<NatsConnection> =>
      waitUntil('node-a to be let in again', () => logIn('node-a', { reconnect: false }), {
        deadlineMs: 15_000,
        everyMs: 100,
      })

    const cutAfterMs = await floodUntilCut()
    const refusedFromMs = performance.now()
    await expect(logIn('node-a', { reconnect: false })).rejects.toThrow(/Authorization Violation/)
    expect(await counted('logins_refused_total{reason="Flooding"}')).toBe(1)
    expect(await counted('flooding_connections_cut_total')).toBe(1)
    await (await untilLetIn()).close()
    const outForMs = Math.round(performance.now() - refusedFromMs)
    expect(outForMs).toBeGreaterThan(2_000)

    // What its share has gained since is soon used up.
    await floodUntilCut()
    const againFromMs = performance.now()
    const last = await untilLetIn()
    const outAgainMs = Math.round(performance.now() - againFromMs)
    expect(outAgainMs).toBeGreaterThan(5_000)
    expect(await counted('flooding_connections_cut_total')).toBe(2)
    expect(last.isClosed()).toBe(false)
    expect(b.isClosed()).toBe(false)
    console.log(`flood: cut ${cutAfterMs} ms after it began, out for ${outForMs} ms, then for ${outAgainMs} ms`)
  }, 90_000)
})
