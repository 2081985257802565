import { httpGet } from '../process/httpGet.ts'
import { watchOver, type Part } from '../process/part.ts'
import { waitUntil } from '../process/wait.ts'
import type { ApiAccess } from './kubeconfig.ts'

export async function waitEtcdReady(url: string, part: Part): Promise<void> {
  const probe = async (): Promise<true | undefined> => {
    const health = JSON.parse(await httpGet(`${url}/health`)) as { health: unknown }
    return String(health.health) === 'true' ? true : undefined
  }
  await waitUntil('etcd to be healthy', probe, { deadlineMs: 30_000, everyMs: 50, ...watchOver(part) })
}

export async function waitApiserverReady(access: ApiAccess, ...parts: readonly Part[]): Promise<void> {
  const probe = async (): Promise<true> => (await apiGet(access, '/readyz'), true)
  await waitUntil('kube-apiserver to be ready', probe, { deadlineMs: 60_000, ...watchOver(...parts) })
}

export function apiGet(access: ApiAccess, path: string): Promise<string> {
  return httpGet(access.server + path, access)
}

interface NodeObject {
  status?: { conditions?: { type: string; status: string; message?: string }[]; nodeInfo?: { bootID: string } }
}

/**
 * Undefined while the node is not Ready; throws with the kubelet's reason, so that a wait shows it.
 * @param bootId if given, what the kubelet said before this boot does not count
 */
export async function nodeReady(access: ApiAccess, node: string, bootId?: string): Promise<true | undefined> {
  const { status } = JSON.parse(await apiGet(access, `/api/v1/nodes/${node}`)) as NodeObject
  if (bootId !== undefined && status?.nodeInfo?.bootID !== bootId) return undefined
  const condition = status?.conditions?.find(({ type }) => type === 'Ready')
  if (condition === undefined) return undefined
  if (condition.status !== 'True') throw new Error(`${node} is not Ready: ${condition.message ?? 'no reason given'}`)
  return true
}
