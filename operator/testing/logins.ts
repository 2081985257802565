import { TOKEN_AUDIENCE } from '#contract/nodeLogin.ts'
import { encodeJwt } from '../identity/jwt.ts'
import { makeSeed, readSeed } from '../identity/nkey.ts'
import type { ReviewedToken } from '../identity/loginChecks.ts'

export const AGENT = { namespace: 'oomkeeper', name: 'oomkeeper-agent' }
export const AGENT_USER = 'system:serviceaccount:oomkeeper:oomkeeper-agent'
export const ISSUER = readSeed(makeSeed('account', Buffer.alloc(32, 1)), 'account')
export const NOW_SECONDS = 1_800_000_000
export const POD = { name: 'oomkeeper-agent-x', uid: '8f7d1a52-0000-4000-8000-000000000001' }
/** A user's and a server's public key, as a server names them. */
export const USER_KEY = readSeed(makeSeed('user', Buffer.alloc(32, 2)), 'user').publicKey
export const SERVER_KEY = readSeed(makeSeed('server', Buffer.alloc(32, 3)), 'server').publicKey
export const CONNECTION_ID = 12

export const CLAIMS = {
  exp: NOW_SECONDS + 3_000,
  aud: [TOKEN_AUDIENCE],
  sub: AGENT_USER,
  'kubernetes.io': { pod: POD, node: { name: 'node-a', uid: 'n' } },
}

/** A token that says so of itself; nobody signed it. */
export function tokenOf(changes: object = {}): string {
  return `e30.${Buffer.from(JSON.stringify({ ...CLAIMS, ...changes })).toString('base64url')}.c2ln`
}

/** What the apiserver says of an agent's token. */
export const REVIEW: ReviewedToken = {
  authenticated: true,
  error: '',
  audiences: [TOKEN_AUDIENCE],
  user: AGENT_USER,
  podName: POD.name,
  podUid: POD.uid,
  node: 'node-a',
}

/** What a server asks. */
export function loginData(token: string | undefined, host = '10.0.0.7', changes: object = {}): Buffer {
  const nats = {
    type: 'authorization_request',
    version: 2,
    server_id: { id: SERVER_KEY, name: 'n' },
    user_nkey: USER_KEY,
    client_info: { host, id: CONNECTION_ID },
    connect_opts: { ...(token !== undefined && { auth_token: token }), protocol: 1 },
    ...changes,
  }
  return Buffer.from(encodeJwt(ISSUER, { aud: 'nats-authorization-request', nats }))
}
