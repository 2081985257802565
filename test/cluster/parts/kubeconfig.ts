import { readFileSync, writeFileSync } from 'node:fs'

/** How to reach an apiserver, and as whom. */
export interface ApiAccess {
  server: string
  caPem: string
  token: string
}

/** A kubeconfig in JSON, which is YAML too. */
export function renderKubeconfig({ server, caPem, token }: ApiAccess, context = 'oomkeeper-test'): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: context,
        cluster: { server, 'certificate-authority-data': Buffer.from(caPem).toString('base64') },
      },
    ],
    users: [{ name: context, user: { token } }],
    contexts: [{ name: context, context: { cluster: context, user: context } }],
    'current-context': context,
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

export function writeKubeconfig(file: string, access: ApiAccess): void {
  writeFileSync(file, renderKubeconfig(access), { mode: 0o600 })
}

/** Reads back what writeKubeconfig wrote. */
export function readKubeconfig(file: string): ApiAccess {
  const config = JSON.parse(readFileSync(file, 'utf8')) as {
    clusters: { cluster: { server: string; 'certificate-authority-data': string } }[]
    users: { user: { token: string } }[]
  }
  const cluster = config.clusters[0]?.cluster
  const user = config.users[0]?.user
  if (cluster === undefined || user === undefined) throw new Error(`expected a cluster and a user in ${file}`)
  const caPem = Buffer.from(cluster['certificate-authority-data'], 'base64').toString()
  return { server: cluster.server, caPem, token: user.token }
}
