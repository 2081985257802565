import { connect, nkeyAuthenticator, type JetStreamClient, type JetStreamManager, type NatsConnection } from 'nats'
import { decodeKillEvent, type KillEvent } from '../../contract/killEvent.ts'
import { encodeRank, rankSubject } from '../../contract/rank.ts'
import { KILL_STREAM } from '../../contract/subjects.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { ensureBuckets, ensureStream } from '../../operator/adapters/natsStreams.ts'
import { killStreamPlan, statusStreamPlan } from '../../operator/runtime/streamPlan.ts'
import type { NatsUsers } from '../cluster/nats/config.ts'

/** The kill stream as its operator sees it. */
export class KillStreamView {
  readonly #connection: NatsConnection
  readonly jsm: JetStreamManager

  private constructor(connection: NatsConnection, jsm: JetStreamManager) {
    this.#connection = connection
    this.jsm = jsm
  }

  static async open(
    nats: { url: string; caPem?: string } & ({ users: Pick<NatsUsers, 'operator'> } | { operatorSeed: string }),
  ): Promise<KillStreamView> {
    const login =
      'operatorSeed' in nats
        ? { authenticator: nkeyAuthenticator(Buffer.from(nats.operatorSeed)) }
        : { user: nats.users.operator.user, pass: nats.users.operator.password }
    const connection = await connect({
      servers: nats.url,
      ...(nats.caPem !== undefined && { tls: { ca: nats.caPem } }),
      ...login,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
    })
    return new KillStreamView(connection, await connection.jetstreamManager())
  }

  /** Makes the stream with the operator's own hand. */
  async create(maxBytes: number): Promise<void> {
    // After a restart of the server the connection needs a moment to come back.
    const ensure = () => ensureStream(this.jsm, killStreamPlan(maxBytes)).then(() => true)
    await waitUntil('the kill stream to be made', ensure, { deadlineMs: 15_000 })
  }

  /** And what else of the operator's making an agent speaks to. */
  async createAll(maxBytes: number): Promise<void> {
    await this.create(maxBytes)
    await this.createBeside()
  }

  /** All of that but the kill stream. */
  async createBeside(): Promise<void> {
    await ensureStream(this.jsm, statusStreamPlan)
    await ensureBuckets(this.js)
  }

  get js(): JetStreamClient {
    return this.#connection.jetstream()
  }

  async count(): Promise<number> {
    return (await this.jsm.streams.info(KILL_STREAM)).state.messages
  }

  /** Every kill in the stream, in the order in which it was stored. */
  async events(): Promise<KillEvent[]> {
    const { state } = await this.jsm.streams.info(KILL_STREAM)
    const events: KillEvent[] = []
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
      const message = await this.jsm.streams.getMessage(KILL_STREAM, { seq })
      const decoded = decodeKillEvent(message.data)
      if (!decoded.ok) throw new Error(`expected a kill event at ${seq}, got: ${decoded.reason}`)
      events.push(decoded.event)
    }
    return events
  }

  /** When the server stored each kill, by kmsg sequence, in ms of the wall clock. */
  async storedAtMs(): Promise<Map<number, number>> {
    const { state } = await this.jsm.streams.info(KILL_STREAM)
    const stored = new Map<number, number>()
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
      const { subject, timestamp } = await this.jsm.streams.getMessage(KILL_STREAM, { seq })
      stored.set(Number(subject.split('.').at(-1)), wallMsOf(timestamp))
    }
    return stored
  }

  /** What the node's agent answers to a rank request. */
  async rank(node: string, request = encodeRank({ version: 1, top: 1 })): Promise<unknown> {
    return (await this.#connection.request(rankSubject(node), request, { timeout: 5_000 })).json()
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }
}

/** RFC 3339 with nanoseconds, of which Date reads three digits. */
function wallMsOf(timestamp: string): number {
  const fraction = /\.(\d+)/.exec(timestamp)?.[1] ?? '0'
  return Date.parse(timestamp.replace(/\.\d+/, '')) + Number(`0.${fraction}`) * 1000
}
