import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import type { Cluster } from '../cluster/attach.ts'
import { PART_PATH } from '../cluster/process/part.ts'
import { waitUntil } from '../cluster/process/wait.ts'

export interface ForwardedPort {
  /** On 127.0.0.1. */
  port: number
  close: () => Promise<void>
}

/** `kubectl port-forward`: this machine has no route to Services and pods. @param target `service/NAME`, say. */
export async function forwardPort(
  cluster: Cluster,
  namespace: string,
  target: string,
  targetPort: number,
): Promise<ForwardedPort> {
  const args = ['port-forward', '--namespace', namespace, target, `:${targetPort}`]
  const env = { PATH: PART_PATH, HOME: dirname(cluster.kubeconfig), KUBECONFIG: cluster.kubeconfig }
  const kubectl = spawn(join(cluster.programFolder, 'kubectl'), args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  let said = ''
  for (const stream of [kubectl.stdout, kubectl.stderr]) stream.on('data', (text: Buffer) => (said += String(text)))
  const close = async (): Promise<void> => {
    if (kubectl.exitCode === null && kubectl.kill()) await once(kubectl, 'exit')
  }
  const forwarded = (): string | undefined => /Forwarding from 127\.0\.0\.1:(\d+) /.exec(said)?.[1]
  const giveUp = (): string | undefined => (kubectl.exitCode === null ? undefined : 'kubectl has ended')
  try {
    const options = { deadlineMs: 20_000, everyMs: 50, giveUp, evidence: () => said }
    return { port: Number(await waitUntil(`a port to ${target}`, forwarded, options)), close }
  } catch (error) {
    await close()
    throw error
  }
}
