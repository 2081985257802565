import { DNS_READY_PORT, CLUSTER_ADDRESS } from '../names.ts'
import { httpGet } from '../process/httpGet.ts'
import { watchOver, type Part, type PartCommand } from '../process/part.ts'
import { waitUntil } from '../process/wait.ts'

export interface DnsOptions {
  /** Where pods ask, on port 53. */
  address: string
  /** Where /ready is served. */
  readyAddress: string
  kubeconfig: string
}

/** The cluster's names, and a quick no to every other: there is nobody to forward to, and pods try each search domain. */
export function renderCorefile({ address, readyAddress, kubeconfig }: DnsOptions): string {
  return `cluster.local {
  bind ${address}
  ready ${readyAddress}
  errors
  kubernetes cluster.local {
    kubeconfig ${kubeconfig}
  }
}
. {
  bind ${address}
  errors
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`
}

export function corednsCommand(binary: string, corefile: string): PartCommand {
  return { name: 'coredns', argv: [binary, '-conf', corefile] }
}

/** What the plugin kubernetes lists and watches, for its own user; the apiserver brings no such role along. */
export function dnsRights(user: string): object[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const apiGroup = 'rbac.authorization.k8s.io'
  const metadata = { name: user }
  const verbs = ['list', 'watch']
  const rules = [
    { apiGroups: [''], resources: ['services', 'namespaces'], verbs },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
  ]
  return [
    { apiVersion, kind: 'ClusterRole', metadata, rules },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'ClusterRole', name: user },
      subjects: [{ apiGroup, kind: 'User', name: user }],
    },
  ]
}

/** Ready is: every Service of the cluster is known. */
export async function waitDnsReady(part: Part): Promise<void> {
  const url = `http://${CLUSTER_ADDRESS}:${DNS_READY_PORT}/ready`
  const probe = async (): Promise<true> => (await httpGet(url, { timeoutMs: 1000 }), true)
  await waitUntil('coredns to be ready', probe, { deadlineMs: 30_000, ...watchOver(part) })
}
