import * as z from 'zod'

/** Longer ones are none: a NATS server takes 4 KiB of a login as a whole (max_control_line). */
export const MAX_TOKEN_CHARS = 16_384
const text = z.string().min(1).max(512)
/** Of a node that is gone there is no UID. */
const object = z.object({ name: text, uid: text.optional() })

/**
 * What a bound service account token says of itself (kubernetes/pkg/serviceaccount/claims.go, Kubernetes 1.32). Nobody has
 * proved it here: only the apiserver can.
 */
const tokenClaims = z.object({
  /** Seconds since 1970. */
  exp: z.number().positive(),
  aud: z.union([text.transform((one) => [one]), z.array(text).max(16)]),
  sub: text,
  'kubernetes.io': z.object({ pod: object.optional(), node: object.optional() }).optional(),
})
export type TokenClaims = z.infer<typeof tokenClaims>

/** @returns undefined where it is no such token. */
export function parseTokenClaims(token: string): TokenClaims | undefined {
  const [, payload, signature, rest] = token.split('.', 4)
  if (token.length > MAX_TOKEN_CHARS || payload === undefined || signature === undefined || rest !== undefined)
    return undefined
  try {
    return tokenClaims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')))
  } catch {
    return undefined
  }
}

/** Why a token cannot be taken, as far as it says so itself; undefined where it says nothing of that kind. */
export function tokenTrouble(token: string, audience: string, nowMs: number): string | undefined {
  const claims = parseTokenClaims(token)
  if (claims === undefined) return 'the token file holds no service account token'
  const expired = new Date(claims.exp * 1_000)
  if (claims.exp * 1_000 <= nowMs)
    return `its token has expired at ${expired.toISOString()}: the kubelet has not renewed it`
  if (!claims.aud.includes(audience)) return `its token is for another audience than ${audience}`
  return undefined
}
