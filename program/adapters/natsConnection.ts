import { connect, type NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMs } from '#program/backoff.ts'
import { isProgramError } from '#program/errors.ts'
import { NatsTrouble, natsErrorText } from '#program/natsTrouble.ts'
import type { NatsLogin } from './natsLogin.ts'

export interface NatsTarget {
  url: string
  login: NatsLogin
  /** PEM of the authority that the server's certificate is of, read on each connection; with it, a server without TLS is refused. */
  caFile?: string | undefined
  inboxPrefix: string
  /** Shown by the server in its connection list. */
  clientName: string
}

/** Longer than a server waits until somebody has answered for a login (`authorization.timeout`, 5 s): it says then what it is. */
const CONNECT_TIMEOUT_MS = 7_000

/**
 * Connects and stays connected: an unreachable server, a refused login or a secret that cannot be read is said once, and tried
 * again with backoff and jitter, for ever; only the signal ends the wait.
 * @param why Is told why there is no connection, now and later on.
 * @throws the signal's reason when it is aborted.
 */
export async function connectNats(
  target: NatsTarget,
  logger: Logger,
  signal: AbortSignal,
  why: NatsTrouble = new NatsTrouble(),
): Promise<NatsConnection> {
  const { url, login, caFile } = target
  why.ofLogin(login, Date.now)
  const isTls = caFile !== undefined || url.startsWith('tls:')
  let said: string | undefined
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted()
    try {
      const connection = await connect({
        servers: url,
        name: target.clientName,
        inboxPrefix: target.inboxPrefix,
        authenticator: (nonce) => login.authenticate(nonce),
        ...(isTls && { tls: caFile === undefined ? {} : { caFile } }),
        // A refused login is retried too: a rotated secret reaches both sides at different times.
        ignoreAuthErrorAbort: true,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        reconnectJitter: 500,
        reconnectJitterTLS: 500,
        timeout: CONNECT_TIMEOUT_MS,
        pingInterval: 10_000,
        maxPingOut: 2,
      })
      logger.info({ server: connection.getServer() }, 'connected to NATS')
      why.connected()
      void noteStatus(connection, why)
      return connection
    } catch (error) {
      const waitMs = backoffMs(attempt, Math.random(), { firstMs: 250, maxMs: 10_000 })
      why.failed(error)
      const trouble = isProgramError(error)
        ? error.message
        : `expected a NATS server that takes this login, got: ${why.reason ?? natsErrorText(error)}`
      const fields = { url, login: login.name, retryInMs: waitMs }
      logger[trouble === said ? 'debug' : 'warn'](fields, `${trouble}; trying again`)
      said = trouble
      await sleep(waitMs, undefined, { signal })
    }
  }
}

/** Until the connection is closed. */
async function noteStatus(connection: NatsConnection, why: NatsTrouble): Promise<void> {
  for await (const status of connection.status()) why.noted(status)
}
