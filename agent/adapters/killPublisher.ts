import type { JetStreamClient, NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { connectNats, type NatsTarget } from '#program/adapters/natsConnection.ts'
import { NatsTrouble } from '#program/natsTrouble.ts'
import { KILL_STREAM } from '#contract/subjects.ts'
import { unlessAborted } from '../publish/unlessAborted.ts'
import { parsePublishError, type PublishOutcome } from '../publish/outcome.ts'

const PUBLISH_TIMEOUT_MS = 5_000
const NOT_CONNECTED: PublishOutcome = { kind: 'notStored', reason: 'disconnected', message: 'not connected' }

/** Stores kills in JetStream: each subject once, by expected last subject sequence 0. */
export class KillPublisher {
  /** The connection, for what else the agent says and reads. @throws the signal's reason. */
  readonly connection: Promise<NatsConnection>
  readonly #why = new NatsTrouble()
  #connection: NatsConnection | undefined
  /** Only while connected: what is sent otherwise would wait in the client's memory, and be sent again by us. */
  #jetstream: JetStreamClient | undefined
  #cut = new AbortController()
  #onConnect: () => void = () => undefined

  /** Connects in the background: kills are read and kept meanwhile. */
  constructor(target: NatsTarget, logger: Logger, signal: AbortSignal) {
    this.connection = connectNats(target, logger, signal, this.#why)
    this.connection.then(
      (connection) => {
        this.#connection = connection
        this.#connect(connection)
        void this.#watch(connection, logger)
      },
      // Aborted while connecting: nobody waits for it any more.
      () => undefined,
    )
  }

  /** Why nothing can be stored now; undefined while connected. */
  get trouble(): string | undefined {
    if (this.#jetstream !== undefined) return undefined
    return this.#why.reason ?? 'the connection is being made'
  }

  /** @param listener called when the connection is there, and each time it is back */
  onConnect(listener: () => void): void {
    this.#onConnect = listener
  }

  async publish(subject: string, payload: Uint8Array): Promise<PublishOutcome> {
    if (this.#jetstream === undefined) return NOT_CONNECTED
    try {
      const acked = this.#jetstream.publish(subject, payload, {
        expect: { lastSubjectSequence: 0, streamName: KILL_STREAM },
        timeout: PUBLISH_TIMEOUT_MS,
      })
      // An answer does not come over another connection: it is asked again, and 10071 then means that it was stored.
      const outcome = await unlessAborted(this.#cut.signal, acked)
      return outcome === undefined ? NOT_CONNECTED : { kind: 'stored' }
    } catch (error) {
      return parsePublishError(error)
    }
  }

  async close(): Promise<void> {
    await this.#connection?.close()
  }

  #connect(connection: NatsConnection): void {
    this.#cut = new AbortController()
    this.#jetstream = connection.jetstream()
    this.#onConnect()
  }

  async #watch(connection: NatsConnection, logger: Logger): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        this.#jetstream = undefined
        this.#cut.abort()
      }
      if (status.type === 'reconnect') this.#connect(connection)
      if (status.type === 'pingTimer' || status.type === 'reconnecting') continue
      const log = status.type === 'error' || status.type === 'disconnect' ? 'warn' : 'info'
      logger[log]({ status: status.type, data: status.data }, 'NATS connection')
    }
  }
}
