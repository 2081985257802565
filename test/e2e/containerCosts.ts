import { errorMessage } from '../cluster/process/wait.ts'
import type { E2eWorld } from './e2eWorld.ts'
import type { NodeHands } from './nodeHands.ts'

/** What the processes of one container take. */
export interface ContainerCost {
  rssKib: number
  /** Pages that no other process shares. */
  privateKib: number
  /** Since they began, in hundredths of a second (USER_HZ). */
  cpuTicks: number
}

/** One of the product's, on its node. */
export interface CostlyContainer {
  /** `agent on node-a`, say; of several of a kind on one node each has its pod's last five letters too. */
  title: string
  node: NodeHands
  containerId: string
}

export async function listCostlyContainers({ product, nodes }: E2eWorld): Promise<CostlyContainer[]> {
  const containers = await product.containers()
  return containers.flatMap(({ name, podName, nodeName, containerID = '' }) => {
    const node = nodes.find((hands) => hands.name === nodeName)
    if (node === undefined || name === 'nats') return []
    const title = `${name} on ${nodeName} (${podName.slice(-5)})`
    return [{ title, node, containerId: containerID.replace('containerd://', '') }]
  })
}

/** The cgroup's processes, by /proc as the node has it. */
export async function readCost({ title, node, containerId }: CostlyContainer): Promise<ContainerCost> {
  const said = await node
    .run(`folder=$(find ${node.kubepods} -type d -name ${containerId})
for pid in $(cat "$folder/cgroup.procs"); do
  rollup=$(awk '/^Rss:/ { rss = $2 } /^Private_(Clean|Dirty):/ { own += $2 } END { print rss, own }' /proc/$pid/smaps_rollup)
  echo "$rollup $(sed 's/.*) //' /proc/$pid/stat | cut -d ' ' -f 12,13)"
done`)
    .catch((error: unknown) => {
      throw new Error(`expected what ${title} takes, got: ${errorMessage(error)}`)
    })
  const rows = said
    .trim()
    .split('\n')
    .map((row) => row.split(' ').map(Number))
  const sum = (column: number): number => rows.reduce((total, row) => total + (row[column] ?? Number.NaN), 0)
  return { rssKib: sum(0), privateKib: sum(1), cpuTicks: sum(2) + sum(3) }
}
