import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { connect, DiscardPolicy, Empty, StringCodec, type NatsConnection, type NatsError } from 'nats'
import { LEASE_KEY, inboxPrefix, killSubject, nodeToken } from '../../../contract/subjects.ts'
import { whyNoServers } from '../host/requirements.ts'
import { startNats, type PrivateNats } from '../privateServers.ts'
import { waitUntil } from '../process/wait.ts'
import { describeUnless } from '../../support/leftOut.ts'

const BOOT = '11111111-2222-3333-4444-555555555555'
const text = StringCodec()

describeUnless(whyNoServers(), 'the two NATS accounts of a real server', () => {
  let server: PrivateNats
  let operator: NatsConnection
  let agent: NatsConnection

  const connectAgent = (node: string): Promise<NatsConnection> => {
    const user = server.users.agents[node]
    if (user === undefined) throw new Error(`expected a user for ${node}`)
    return connect({ servers: server.url, user: user.user, pass: user.password, inboxPrefix: inboxPrefix(node) })
  }
  const connectOperator = (): Promise<NatsConnection> => {
    const { user, password } = server.users.operator
    return connect({ servers: server.url, user, pass: password })
  }
  const publishKill = (connection: NatsConnection, node: string, sequence: number): Promise<unknown> =>
    connection.jetstream().publish(killSubject(node, BOOT, sequence), text.encode('kill'), {
      expect: { lastSubjectSequence: 0, streamName: 'OOM_KILLS' },
    })
  const kills = async (): Promise<number> => {
    const streams = await operator.jetstreamManager()
    return (await streams.streams.info('OOM_KILLS')).state.messages
  }

  beforeAll(async () => {
    server = await startNats({ nodes: ['node.a', 'node-b'], log: () => {} })
    operator = await connectOperator()
    const streams = await operator.jetstreamManager()
    await streams.streams.add({
      name: 'OOM_KILLS',
      subjects: ['oom.v1.kill.>'],
      discard: DiscardPolicy.New,
      discard_new_per_subject: true,
      max_msgs_per_subject: 1,
    })
    agent = await connectAgent('node.a')
  }, 600_000)

  afterAll(async () => {
    await agent?.close()
    await operator?.close()
    await server?.dispose()
  })

  it('store a kill once: the first publish is acknowledged, the second is told 10071', async () => {
    await expect(publishKill(agent, 'node.a', 1)).resolves.toMatchObject({ stream: 'OOM_KILLS', duplicate: false })
    const again = await publishKill(agent, 'node.a', 1).catch((error: NatsError) => error.api_error?.err_code)
    expect(again).toBe(10071)
    await expect(kills()).resolves.toBe(1)
  })

  it("let an agent's desired state through, by a direct get and as a hint, and the lease on all states", async () => {
    const bucket = await operator.jetstream().views.kv('OOM_DESIRED', { allow_direct: true })
    const hints = agent.subscribe(`oom.v1.desired.${nodeToken('node.a')}`, { max: 1 })
    await agent.flush()
    await bucket.put(nodeToken('node.a'), text.encode('wanted'))
    for await (const hint of hints) expect(text.decode(hint.data)).toBe('wanted')
    const mine = await agent
      .jetstream({ checkAPI: false })
      .views.kv('OOM_DESIRED', { bindOnly: true, allow_direct: true })
    expect((await mine.get(nodeToken('node.a')))?.string()).toBe('wanted')
    await bucket.put(LEASE_KEY, '{}')
    expect((await mine.get(LEASE_KEY))?.string()).toBe('{}')
  })

  it('let the operator ask a node for its ranking', async () => {
    const requests = agent.subscribe('oom.v1.rank.node_a', {
      callback: (_, request) => request.respond(text.encode('ranked')),
    })
    await agent.flush()
    const answer = await operator.request('oom.v1.rank.node_a', Empty, { timeout: 2000 })
    expect(text.decode(answer.data)).toBe('ranked')
    requests.unsubscribe()
  })

  it("refuse an agent another node's subjects, the JetStream API and other inboxes", async () => {
    const b = await connectAgent('node-b')
    const refusals: string[] = []
    void (async () => {
      for await (const event of b.status()) refusals.push(JSON.stringify(event.data))
    })()
    b.publish(killSubject('node.a', BOOT, 2), text.encode('forged'))
    b.publish('$JS.API.STREAM.DELETE.OOM_KILLS', Empty)
    b.subscribe('_INBOX.node_a.>', { callback: () => {} })
    await b.flush()
    await waitUntil('three refusals', () => (refusals.length >= 3 ? true : undefined), {
      deadlineMs: 3000,
      everyMs: 10,
    })
    await expect(kills()).resolves.toBe(1)
    await b.close()
  })

  it('make a reply subject harmless: an answer sent to the JetStream API deletes nothing', async () => {
    agent.publish(killSubject('node.a', BOOT, 3), text.encode('kill'), { reply: '$JS.API.STREAM.DELETE.OOM_KILLS' })
    await agent.flush()
    await waitUntil('the kill to be stored', async () => ((await kills()) === 2 ? true : undefined), {
      deadlineMs: 3000,
    })
  })

  it('keep what was acknowledged when the server is killed and started again', async () => {
    await server.process.kill()
    await server.process.start()
    const fresh = await connectOperator()
    const streams = await fresh.jetstreamManager()
    expect((await streams.streams.info('OOM_KILLS')).state.messages).toBe(2)
    await fresh.close()
  })
})
