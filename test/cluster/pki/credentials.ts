import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { issueCertificate, makeAuthority } from '../../../operator/adapters/certificate.ts'

/** A user of the apiserver: a token, and what RBAC knows it as. */
export interface TokenUser {
  name: string
  groups: readonly string[]
}

/** Where the files of one control plane's trust lie. */
export interface CredentialFiles {
  ca: string
  apiserverCertificate: string
  apiserverKey: string
  kubeletClientCertificate: string
  kubeletClientKey: string
  serviceAccountKey: string
  tokens: string
}

export interface Credentials {
  files: CredentialFiles
  caPem: string
  /** User name → token. */
  tokens: ReadonlyMap<string, string>
}

export function credentialFiles(folder: string): CredentialFiles {
  const file = (name: string): string => join(folder, name)
  return {
    ca: file('ca.pem'),
    apiserverCertificate: file('apiserver.pem'),
    apiserverKey: file('apiserver-key.pem'),
    kubeletClientCertificate: file('kubelet-client.pem'),
    kubeletClientKey: file('kubelet-client-key.pem'),
    serviceAccountKey: file('service-account-key.pem'),
    tokens: file('tokens.csv'),
  }
}

/** New keys, certificates and tokens at every start: nothing secret is committed or kept. */
export async function makeCredentials(
  folder: string,
  serverNames: readonly string[],
  users: readonly TokenUser[],
): Promise<Credentials> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const files = credentialFiles(folder)
  const now = new Date()
  const authority = await makeAuthority('oomkeeper test CA', now)
  const server = await issueCertificate(
    authority,
    { commonName: 'kube-apiserver', usage: 'server', names: serverNames },
    now,
  )
  // kubectl logs and exec: the apiserver shows itself to the kubelet with this one.
  const kubeletClient = await issueCertificate(
    authority,
    { commonName: 'kube-apiserver', organization: 'system:masters', usage: 'client' },
    now,
  )
  const serviceAccount = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const tokens = new Map(users.map(({ name }) => [name, randomBytes(24).toString('base64url')]))
  const tokenLines = users.map(
    ({ name, groups }) => `${tokens.get(name) ?? ''},${name},${name},"${groups.join(',')}"\n`,
  )

  const write = (file: string, content: string): void => writeFileSync(file, content, { mode: 0o600 })
  write(files.ca, authority.certificatePem)
  write(files.apiserverCertificate, server.certificatePem)
  write(files.apiserverKey, server.keyPem)
  write(files.kubeletClientCertificate, kubeletClient.certificatePem)
  write(files.kubeletClientKey, kubeletClient.keyPem)
  // SEC1, since the apiserver reads the public half from it and does not do so from PKCS #8.
  write(files.serviceAccountKey, serviceAccount.privateKey.export({ type: 'sec1', format: 'pem' }).toString())
  write(files.tokens, tokenLines.join(''))
  return { files, caPem: authority.certificatePem, tokens }
}
