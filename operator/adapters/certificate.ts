import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { isIPv4 } from 'node:net'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type Extension,
} from '@peculiar/x509'

/** A certificate with its key, both in PEM. */
export interface Certificate {
  certificatePem: string
  keyPem: string
}

export interface Authority extends Certificate {
  name: string
  keys: CryptoKeyPair
}

export interface CertificateRequest {
  commonName: string
  organization?: string
  /** `peer`: of a server that connects to others of its kind. */
  usage: 'server' | 'client' | 'peer'
  /** DNS names and IPv4 addresses that a server answers to. */
  names?: readonly string[]
}

type CryptoKeyPair = webcrypto.CryptoKeyPair

const EXTENDED_USAGE = {
  server: [ExtendedKeyUsage.serverAuth],
  client: [ExtendedKeyUsage.clientAuth],
  peer: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth],
}
const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const HOUR_MS = 3_600_000
const MONTH_MS = 30 * 24 * HOUR_MS

/** A certificate authority that signs itself. */
export async function makeAuthority(commonName: string, now: Date, lifetimeMs = MONTH_MS): Promise<Authority> {
  const keys = await makeKeys()
  const name = `CN=${commonName}`
  const extensions = [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ]
  const certificatePem = await certify({
    subject: name,
    keys,
    extensions,
    issuer: name,
    issuerKeys: keys,
    now,
    lifetimeMs,
  })
  return { name, keys, certificatePem, keyPem: await exportKey(keys) }
}

export async function issueCertificate(
  authority: Authority,
  request: CertificateRequest,
  now: Date,
  lifetimeMs = MONTH_MS,
): Promise<Certificate> {
  const keys = await makeKeys()
  const extensions: Extension[] = [
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension(EXTENDED_USAGE[request.usage]),
  ]
  const names = (request.names ?? []).map((value) => ({ type: isIPv4(value) ? 'ip' : 'dns', value }) as const)
  if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension(names))
  const organization = request.organization === undefined ? '' : `O=${request.organization}, `
  const subject = `${organization}CN=${request.commonName}`
  const certificatePem = await certify({
    subject,
    keys,
    extensions,
    issuer: authority.name,
    issuerKeys: authority.keys,
    now,
    lifetimeMs,
  })
  return { certificatePem, keyPem: await exportKey(keys) }
}

function makeKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(SIGNING, true, ['sign', 'verify'])
}

interface Unsigned {
  subject: string
  keys: CryptoKeyPair
  extensions: Extension[]
  issuer: string
  issuerKeys: CryptoKeyPair
  now: Date
  lifetimeMs: number
}

async function certify({ subject, keys, extensions, issuer, issuerKeys, now, lifetimeMs }: Unsigned): Promise<string> {
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer,
    publicKey: keys.publicKey,
    signingKey: issuerKeys.privateKey,
    signingAlgorithm: SIGNING,
    notBefore: new Date(now.getTime() - HOUR_MS), // For clocks that differ.
    notAfter: new Date(now.getTime() + lifetimeMs),
    extensions,
  })
  return `${certificate.toString('pem')}\n`
}

async function exportKey(keys: CryptoKeyPair): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')}\n`
}
