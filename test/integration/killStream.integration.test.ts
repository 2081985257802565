import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { connect, type JetStreamManager, type NatsConnection } from 'nats'
import { KILL_STREAM, STATE_BUCKET, killSubject } from '../../contract/subjects.ts'
import { NatsKillStream } from '../../operator/adapters/natsKillStream.ts'
import type { StoredMessage } from '../../operator/runtime/readKill.ts'
import { purgeOnce } from '../../operator/runtime/streamPurge.ts'
import { BOOT_ID } from '../../operator/testing/killEvents.ts'
import { startNats, type PrivateNats } from '../cluster/privateServers.ts'

const MIB = 1024 ** 2
const TWO_HOURS_MS = 7_200_000

let nats: PrivateNats
let connection: NatsConnection
let jsm: JetStreamManager
let stream: NatsKillStream

beforeAll(async () => {
  nats = await startNats({ nodes: ['node-a'], log: () => undefined })
  const { user, password } = nats.users.operator
  connection = await connect({ servers: nats.url, user, pass: password, reconnectTimeWait: 100 })
  jsm = await connection.jetstreamManager()
}, 60_000)

afterAll(async () => {
  await connection.close()
  await nats.dispose()
})

beforeEach(async () => {
  stream = new NatsKillStream(connection.jetstream(), jsm, { maxBytes: MIB, onBadCheckpoint: () => undefined })
  await jsm.streams.delete(KILL_STREAM).catch(() => undefined)
  await stream.ensure()
})

async function publish(from: number, to: number, bytes: number): Promise<void> {
  for (let at = from; at <= to; at++) {
    await connection.jetstream().publish(killSubject('node-a', BOOT_ID, at), new Uint8Array(bytes))
  }
}

describe('the stream of kills, with a real nats-server', () => {
  it('loses its oldest messages when it is nearly full, none above the checkpoint and none that is young', async () => {
    await publish(1, 60, 15_000)
    const { identity } = await stream.state()
    const revision = await stream.saveCheckpoint(
      { stream: identity, sequence: 50 },
      (await stream.readCheckpoint()).revision,
    )
    expect(await purgeOnce(stream, Date.now())).toBeUndefined()
    // A hole, as max_age or a person makes one.
    for (const seq of [3, 4]) await jsm.streams.deleteMessage(KILL_STREAM, seq)
    const below = await purgeOnce(stream, Date.now() + TWO_HOURS_MS)
    expect(below).toBeGreaterThan(5)
    expect((await stream.usage()).bytes).toBeLessThan(MIB * 0.75)
    expect((await stream.state()).firstSequence).toBe(below)
    await publish(61, 80, 14_000)
    await stream.saveCheckpoint({ stream: identity, sequence: 15 }, revision ?? 0)
    expect(await purgeOnce(stream, Date.now() + TWO_HOURS_MS)).toBe(16)
  }, 60_000)

  it('says how old the first message at a place or after it is, as it says when it delivers it', async () => {
    await publish(1, 3, 10)
    await jsm.streams.deleteMessage(KILL_STREAM, 2)
    const found = await stream.findFrom(2)
    expect(found).toEqual(await stream.findFrom(3))
    expect(await stream.findFrom(4)).toBeUndefined()
    const delivered: StoredMessage[] = []
    for await (const batch of stream.read(3, AbortSignal.timeout(10_000))) {
      delivered.push(...batch)
      if (delivered.length > 0) break
    }
    expect(delivered).toMatchObject([{ sequence: 3, storedAtMs: found?.storedAtMs }])
  })

  it('takes the checkpoint of the one that knows the last one, and no other', async () => {
    const { identity } = await stream.state()
    const { revision: first } = await stream.readCheckpoint()
    const second = await stream.saveCheckpoint({ stream: identity, sequence: 20, storedUntilMs: 1.25 }, first)
    expect(await stream.saveCheckpoint({ stream: identity, sequence: 10 }, first)).toBeUndefined()
    expect(await stream.readCheckpoint()).toEqual({
      checkpoint: { stream: identity, sequence: 20, storedUntilMs: 1.25 },
      revision: second,
    })
    // Its own write, of which it did not hear.
    expect(await stream.saveCheckpoint({ stream: identity, sequence: 20, storedUntilMs: 1.25 }, first)).toBe(second)
    const bucket = await connection.jetstream().views.kv(STATE_BUCKET, { bindOnly: true })
    await bucket.delete('checkpoint')
    const { checkpoint, revision } = await stream.readCheckpoint()
    expect(checkpoint).toBeUndefined()
    expect(await stream.saveCheckpoint({ stream: identity, sequence: 1 }, revision)).toBe(revision + 1)
  })

  it('has another identity when it is made anew', async () => {
    await publish(1, 3, 10)
    const before = await stream.state()
    await jsm.streams.delete(KILL_STREAM)
    await stream.ensure()
    expect((await stream.state()).identity).not.toBe(before.identity)
  })

  it('keeps its identity when it is purged: the sequences go on', async () => {
    await publish(1, 3, 10)
    const before = await stream.state()
    await jsm.streams.purge(KILL_STREAM)
    await publish(4, 4, 10)
    expect(await stream.state()).toEqual({ identity: before.identity, firstSequence: 4, lastSequence: 4 })
  })
})
