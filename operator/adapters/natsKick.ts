import { ErrorCode, NatsError, type NatsConnection } from 'nats'
import * as z from 'zod'
import type { Connection } from '../identity/openLogins.ts'

const TIMEOUT_MS = 2_000
/** Servers count from 1. */
const NO_CONNECTION = 0

const answer = z.object({ error: z.object({ description: z.string().max(1_000) }).optional() })

/**
 * `gone`: the server has no such connection. `unanswered`: nobody may be asked, because the account lacks the import from SYS; or that
 * server is gone, and its connections with it.
 */
export type KickOutcome = 'kicked' | 'gone' | 'unanswered'

/** Ends a connection (nats-server 2.10 and newer; 2.15.2, events.go, kickClient). @throws where the connection to NATS is closed. */
export async function kickConnection(
  nats: NatsConnection,
  { serverId, connectionId }: Connection,
): Promise<KickOutcome> {
  try {
    const request = JSON.stringify({ cid: connectionId })
    const { data } = await nats.request(`$SYS.REQ.SERVER.${serverId}.KICK`, request, { timeout: TIMEOUT_MS })
    const { error } = answer.parse(JSON.parse(Buffer.from(data).toString('utf8')))
    return error === undefined ? 'kicked' : 'gone'
  } catch (error) {
    if (error instanceof NatsError && (error.code === ErrorCode.NoResponders || error.code === ErrorCode.Timeout))
      return 'unanswered'
    throw error
  }
}

/** Whether this login may end connections: it asks for one that never is. */
export async function mayKick(nats: NatsConnection): Promise<boolean> {
  const serverId = nats.info?.server_id
  return (
    serverId !== undefined && (await kickConnection(nats, { serverId, connectionId: NO_CONNECTION })) !== 'unanswered'
  )
}
