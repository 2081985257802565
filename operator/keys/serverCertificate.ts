import { X509Certificate, createPrivateKey } from 'node:crypto'

/** Names in a Secret of the kind kubernetes.io/tls, as cert-manager makes them too. */
export const CA_KEY = 'ca.crt'
export const CERTIFICATE_KEY = 'tls.crt'
export const PRIVATE_KEY = 'tls.key'

/**
 * Why a server's certificate has to be made anew; undefined where it is good for a while.
 * @param secret The Secret's data as text. @param names DNS names and IPv4 addresses that clients know the server by.
 */
export function whyNewCertificate(
  secret: Readonly<Record<string, string>>,
  names: readonly string[],
  now: Date,
): string | undefined {
  const { [CA_KEY]: ca, [CERTIFICATE_KEY]: pem, [PRIVATE_KEY]: key } = secret
  if (ca === undefined || pem === undefined || key === undefined) return 'there is none'
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(pem)
    if (!certificate.checkPrivateKey(createPrivateKey(key))) return 'its key is another'
    if (!authoritiesIn(ca).some((authority) => certificate.verify(authority.publicKey))) {
      return `it is of none of the authorities in ${CA_KEY}`
    }
  } catch (error) {
    return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
  const has = new Set(certificate.subjectAltName?.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')))
  const missing = names.filter((name) => !has.has(name))
  if (missing.length > 0) return `it is not for ${missing.join(', ')}`
  const [fromMs, toMs] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()]
  return toMs - now.getTime() < (toMs - fromMs) / 3 ? 'less than a third of its time is left' : undefined
}

/**
 * What clients are to trust: the new authority first, and those of before that are still good, since a server has the certificate of
 * before until it starts again.
 */
export function trustedAuthorities(newAuthorityPem: string, before: string | undefined, now: Date): string {
  const kept = readAuthorities(before ?? '').filter(({ validToDate }) => validToDate > now)
  return [newAuthorityPem, ...kept.map(String)].map((pem) => `${pem.trim()}\n`).join('')
}

/** None where one of them cannot be read. */
function readAuthorities(pem: string): X509Certificate[] {
  try {
    return authoritiesIn(pem)
  } catch {
    return []
  }
}

function authoritiesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => new X509Certificate(block))
}
