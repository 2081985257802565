import type { E2eWorld } from './e2eWorld.ts'
import { readCounter } from './nodeHands.ts'
import { waitUntil } from '../cluster/process/wait.ts'

const PORT = 9464

/** What a node's agent says of its kills (docs/completeness.md). */
export interface Completeness {
  kernelKills: number
  before: number
  lines: number
  lost: number
  unseen: number
}

/** Through the apiserver, which reaches the pod. */
export async function readAgentMetrics({ cluster, product }: E2eWorld, node: string): Promise<string> {
  const agent = (await product.containers()).find(({ name, nodeName }) => name === 'agent' && nodeName === node)
  if (agent === undefined) throw new Error(`expected an agent on ${node}, got none`)
  return cluster.kubectl([
    'get',
    '--raw',
    `/api/v1/namespaces/${product.namespace}/pods/${agent.podName}:${PORT}/proxy/metrics`,
  ])
}

export function gaugeOf(metrics: string, name: string): number {
  return Number(new RegExp(`^oomkeeper_agent_${name} (\\S+)$`, 'm').exec(metrics)?.[1])
}

/** Waits until both agents account for every kill that their kernels have counted, with none lost. */
export async function untilComplete(world: E2eWorld): Promise<Map<string, Completeness>> {
  const complete = new Map<string, Completeness>()
  for (const node of world.nodes) {
    let last = 'no answer'
    const accounted = async (): Promise<Completeness | undefined> => {
      const metrics = await readAgentMetrics(world, node.name)
      const kernelKills = await readCounter(node)
      const said: Completeness = {
        kernelKills: gaugeOf(metrics, 'kernel_kills'),
        before: gaugeOf(metrics, 'kills_before'),
        lines: gaugeOf(metrics, 'kill_lines'),
        lost: gaugeOf(metrics, 'kills_lost'),
        unseen: gaugeOf(metrics, 'kills_unseen'),
      }
      last = `${JSON.stringify(said)}; the kernel's own count: ${kernelKills}`
      const sum = said.before + said.lines + said.lost
      return said.kernelKills === kernelKills && sum === kernelKills && said.lost === 0 && said.unseen === 0
        ? said
        : undefined
    }
    const what = `the agent of ${node.name} to account for every kill`
    // It looks at the kernel's count each 30 s when nothing happens.
    complete.set(
      node.name,
      await waitUntil(what, accounted, { deadlineMs: 60_000, everyMs: 500, evidence: () => last }),
    )
  }
  return complete
}
