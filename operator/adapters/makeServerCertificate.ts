import {
  CA_KEY,
  CERTIFICATE_KEY,
  PRIVATE_KEY,
  trustedAuthorities,
  whyNewCertificate,
} from '../keys/serverCertificate.ts'
import { issueCertificate, makeAuthority } from './certificate.ts'

/** A release may not be upgraded for years, and only an upgrade makes it anew. */
const LIFETIME_MS = 10 * 365 * 86_400_000

/**
 * The server's certificate, its key and the authority, where a new one is due; else nothing. The authority's own key is kept
 * nowhere, so that nobody can have another certificate of it.
 */
export async function makeServerCertificate(
  secret: Readonly<Record<string, string>>,
  names: readonly string[],
  now: Date,
): Promise<Record<string, string>> {
  if (whyNewCertificate(secret, names, now) === undefined) return {}
  const authority = await makeAuthority('oomkeeper NATS', now, LIFETIME_MS)
  const request = { commonName: names[0] ?? 'nats', usage: 'peer', names } as const
  const { certificatePem, keyPem } = await issueCertificate(authority, request, now, LIFETIME_MS)
  return {
    [CA_KEY]: trustedAuthorities(authority.certificatePem, secret[CA_KEY], now),
    [CERTIFICATE_KEY]: certificatePem,
    [PRIVATE_KEY]: keyPem,
  }
}
