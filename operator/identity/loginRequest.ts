import * as z from 'zod'
import { decodeJwt } from './jwt.ts'
import { isPublicNkey } from './nkey.ts'

/** A login as a whole takes 4 KiB, and the server's certificates and names come to it. */
export const MAX_REQUEST_BYTES = 65_536

const publicKey = (kind: 'user' | 'server') => z.string().refine((text) => isPublicNkey(text, kind))

/** The part of it that is read (nats-io/jwt v2.8, authorization_claims.go). */
const claims = z.object({
  nats: z.object({
    type: z.literal('authorization_request'),
    server_id: z.object({ id: publicKey('server') }),
    user_nkey: publicKey('user'),
    client_info: z.object({ id: z.int().positive(), host: z.string().max(64).optional() }),
    // Too long a token is no token: the refusal says so.
    connect_opts: z.object({ auth_token: z.string().optional() }),
  }),
})

/** Somebody asks a NATS server to be let in, and the server asks us. */
export interface LoginRequest {
  /** The public key of the server, which the answer is for. */
  serverId: string
  /** What the server calls this connection, as long as the server runs. */
  connectionId: number
  /** The public key that the server gives this connection, for this time only. */
  userKey: string
  /** The connection's address, as the server sees it; empty where it does not say. */
  address: string
  token: string | undefined
}

/**
 * Reads what a server asks. Nothing in it is signed by anybody known: that it is a server's word is by the account that it
 * comes in, in which nobody but the operators is, and none of them may publish there.
 */
export function parseLoginRequest(data: Uint8Array): LoginRequest | undefined {
  if (data.length > MAX_REQUEST_BYTES) return undefined
  const parsed = claims.safeParse(decodeJwt(Buffer.from(data).toString('utf8')))
  if (!parsed.success) return undefined
  const { server_id, user_nkey, client_info, connect_opts } = parsed.data.nats
  return {
    serverId: server_id.id,
    connectionId: client_info.id,
    userKey: user_nkey,
    address: client_info.host ?? '',
    token: connect_opts.auth_token,
  }
}
