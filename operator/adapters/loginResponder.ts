import type { NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { messageOf } from '#program/errors.ts'
import type { LoginDesk } from '../identity/loginDesk.ts'

/** Where a server asks (nats-server, auth_callout.go). */
const SUBJECT = '$SYS.REQ.USER.AUTH'
/** All operators: each question is for one of them. */
const QUEUE = 'oomkeeper-operators'
const CLOSE_LIMIT_MS = 1_000

/** Answers until the signal is aborted, and what has come by then. @throws the signal's reason. */
export async function answerLogins(
  connection: NatsConnection,
  desk: Pick<LoginDesk, 'answer'>,
  logger: Logger,
  signal: AbortSignal,
): Promise<never> {
  const subscription = connection.subscribe(SUBJECT, {
    queue: QUEUE,
    callback: (error, message) => {
      if (error !== null) return logger.warn(`expected to hear of logins, got: ${messageOf(error)}`)
      desk
        .answer(message.data)
        .then((answer) => answer !== undefined && message.respond(answer))
        .catch((failure: unknown) => logger.warn(`expected to answer a login, got: ${messageOf(failure)}`))
    },
  })
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  // The server asks another operator from now on.
  await Promise.race([subscription.drain().catch(() => undefined), later()])
  await connection.close()
  throw signal.reason
}

function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, CLOSE_LIMIT_MS).unref())
}
