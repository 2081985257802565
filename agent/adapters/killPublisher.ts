import type { JetStreamClient, NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { connectNats, type NatsTarget } from '#program/adapters/natsConnection.ts'
import { KILL_STREAM } from '#contract/subjects.ts'
import { parsePublishError, type PublishOutcome } from '../publish/outcome.ts'

const PUBLISH_TIMEOUT_MS = 5_000

/** Stores kills in JetStream: each subject once, by expected last subject sequence 0. */
export class KillPublisher {
  /** The connection, for what else the agent says and reads. @throws the signal's reason. */
  readonly connection: Promise<NatsConnection>
  readonly #ready: Promise<JetStreamClient>
  #connection: NatsConnection | undefined
  #connected = false
  #onReconnect: () => void = () => undefined

  /** Connects in the background: kills are read and kept meanwhile. */
  constructor(target: NatsTarget, logger: Logger, signal: AbortSignal) {
    this.connection = connectNats(target, logger, signal)
    this.#ready = this.connection.then((connection) => {
      this.#connection = connection
      this.#connected = true
      void this.#watch(connection, logger)
      return connection.jetstream()
    })
    // Aborted while connecting: nobody waits for it any more.
    this.connection.catch(() => undefined)
    this.#ready.catch(() => undefined)
  }

  get connected(): boolean {
    return this.#connected
  }

  /** @param listener called each time the connection is back */
  onReconnect(listener: () => void): void {
    this.#onReconnect = listener
  }

  async publish(subject: string, payload: Uint8Array): Promise<PublishOutcome> {
    try {
      const jetstream = await this.#ready
      await jetstream.publish(subject, payload, {
        expect: { lastSubjectSequence: 0, streamName: KILL_STREAM },
        timeout: PUBLISH_TIMEOUT_MS,
      })
      return { kind: 'stored' }
    } catch (error) {
      return parsePublishError(error)
    }
  }

  async close(): Promise<void> {
    await this.#connection?.close()
  }

  async #watch(connection: NatsConnection, logger: Logger): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#connected = false
      if (status.type === 'reconnect') {
        this.#connected = true
        this.#onReconnect()
      }
      if (status.type === 'pingTimer' || status.type === 'reconnecting') continue
      const log = status.type === 'error' || status.type === 'disconnect' ? 'warn' : 'info'
      logger[log]({ status: status.type, data: status.data }, 'NATS connection')
    }
  }
}
