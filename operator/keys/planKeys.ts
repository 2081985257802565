import { makeSeed, readSeed, type NkeyKind } from '../identity/nkey.ts'

/** How the programs log in to NATS: by keys and tokens that the operator answers for, or by two passwords. */
export const AUTH_MODES = ['callout', 'token'] as const
export type AuthMode = (typeof AUTH_MODES)[number]

const SEEDS: readonly [name: string, kind: NkeyKind][] = [
  ['issuer', 'account'],
  ['callout', 'user'],
  ['operator', 'user'],
]
const PASSWORDS = ['agent-password', 'operator-password']
/** Of the servers of a cluster, to each other. */
const ROUTE_PASSWORD = 'route-password'
const PASSWORD_BYTES = 24

/**
 * What is to be added to a Secret. Nothing that is there is changed; the public half of a seed is what follows from it.
 * @param existing The Secret's data as text.
 * @param random So many bytes by chance.
 * @throws Error where a seed is there that is none
 */
export function planKeys(
  auth: AuthMode,
  existing: Readonly<Record<string, string>>,
  random: (bytes: number) => Buffer,
): Record<string, string> {
  const wanted: Record<string, string> = {}
  // A letter first: nats-server reads the value as it reads its configuration.
  for (const name of auth === 'token' ? [...PASSWORDS, ROUTE_PASSWORD] : [ROUTE_PASSWORD]) {
    wanted[name] = existing[name] ?? `p${random(PASSWORD_BYTES).toString('hex')}`
  }
  if (auth === 'callout') {
    for (const [name, kind] of SEEDS) {
      const seed = existing[`${name}-seed`]?.trim() ?? makeSeed(kind, random(32))
      wanted[`${name}-seed`] = existing[`${name}-seed`] ?? seed
      wanted[`${name}-public`] = readSeed(seed, kind).publicKey
    }
  }
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => existing[name] !== value))
}
