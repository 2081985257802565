import { ANSWER_ONCE, NODES_ACCOUNT, nodePermissions } from '#contract/nodeLogin.ts'
import { encodeJwt } from './jwt.ts'
import type { LoginRequest } from './loginRequest.ts'
import type { Nkey } from './nkey.ts'

const UNLIMITED = -1
const NANOSECONDS = 1_000_000_000

/** Lets a node in, until then and no longer. The times are seconds since 1970. */
export function admit(issuer: Nkey, request: LoginRequest, node: string, issuedAt: number, expiresAt: number): string {
  const { publish, subscribe } = nodePermissions(node)
  const user = encodeJwt(issuer, {
    aud: NODES_ACCOUNT,
    sub: request.userKey,
    // Shown in the server's list of connections.
    name: node,
    iat: issuedAt,
    exp: expiresAt,
    nats: {
      pub: { allow: publish },
      sub: { allow: subscribe },
      // One answer to each rank request, and nothing else that a reply subject could be used for.
      resp: { max: ANSWER_ONCE.max, ttl: ANSWER_ONCE.expiresSeconds * NANOSECONDS },
      // The server takes these limits from its account, not from here (2.15: only operator mode reads them).
      subs: UNLIMITED,
      data: UNLIMITED,
      payload: UNLIMITED,
      allowed_connection_types: ['STANDARD'],
      type: 'user',
      version: 2,
    },
  })
  return answer(issuer, request, issuedAt, { jwt: user })
}

/** The server logs the reason, and tells the client that it is refused and nothing more. */
export function refuse(issuer: Nkey, request: LoginRequest, reason: string, issuedAt: number): string {
  return answer(issuer, request, issuedAt, { error: reason })
}

function answer(
  issuer: Nkey,
  { serverId, userKey }: LoginRequest,
  iat: number,
  verdict: { jwt: string } | { error: string },
): string {
  const nats = { ...verdict, type: 'authorization_response', version: 2 }
  return encodeJwt(issuer, { aud: serverId, sub: userKey, iat, nats })
}

/**
 * When a login ends: after its lifetime, a tenth of it by chance, so that nodes that came at once do not all come back at
 * once; and never after the token. Seconds since 1970.
 * @param random in [0, 1).
 */
export function loginEnd(nowSeconds: number, lifetimeSeconds: number, tokenEnd: number, random: number): number {
  return Math.min(Math.floor(tokenEnd), nowSeconds + Math.ceil(lifetimeSeconds * (1 - random / 10)))
}
