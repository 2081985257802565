import { nodeReady, apiGet } from './parts/readiness.ts'
import type { ApiAccess } from './parts/kubeconfig.ts'
import { CLUSTER_ADDRESS, NATS_MONITOR_PORT } from './names.ts'
import { httpGet } from './process/httpGet.ts'
import { isAlive, readBootId } from './process/identity.ts'
import { errorMessage, waitUntil } from './process/wait.ts'
import { nodeNames, type ClusterRecord } from './record.ts'

/** What is wrong with the cluster, or undefined when it works. A passing weakness (a busy machine) gets some seconds. */
export async function findProblem(record: ClusterRecord, access: () => ApiAccess): Promise<string | undefined> {
  const dead = findDeadPart(record)
  if (dead !== undefined) return dead
  const probe = async (): Promise<true | undefined> => {
    await apiGet(access(), '/readyz')
    await httpGet(`http://${CLUSTER_ADDRESS}:${NATS_MONITOR_PORT}/healthz`)
    for (const node of nodeNames(record)) if ((await nodeReady(access(), node)) === undefined) return undefined
    return true
  }
  try {
    await waitUntil('a healthy answer', probe, { deadlineMs: 8000, everyMs: 500, giveUp: () => findDeadPart(record) })
    return undefined
  } catch (error) {
    return errorMessage(error)
  }
}

function findDeadPart(record: ClusterRecord): string | undefined {
  if (record.bootId !== readBootId()) return 'the machine was booted since'
  if (record.phase !== 'up' || record.holder === undefined) return 'it was never all up'
  const dead = [record.holder, ...record.parts].filter((part) => !isAlive(part))
  return dead.length === 0
    ? undefined
    : `${dead.map(({ name }) => name).join(', ')} ${dead.length === 1 ? 'has' : 'have'} ended`
}
