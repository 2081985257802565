import type { Nkey } from './nkey.ts'

/** As NATS writes it (nats-io/jwt v2, header.go). */
const HEADER = part({ typ: 'JWT', alg: 'ed25519-nkey' })

/** Signs claims; node:crypto takes a fifth of a millisecond, where the library of NATS takes fifty. */
export function encodeJwt(key: Nkey, claims: object): string {
  const signed = `${HEADER}.${part({ iss: key.publicKey, ...claims })}`
  return `${signed}.${key.sign(signed).toString('base64url')}`
}

/** What a JWT claims, whoever signed it. @returns undefined where it is none. */
export function decodeJwt(text: string): unknown {
  const parts = text.split('.', 4)
  if (parts.length !== 3 || parts[1] === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(parts[1], 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
