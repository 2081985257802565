import { inParallel, type DirectApi } from './directApi.ts'
import { CONTAINER, namespaceName, nodeName, planPods, planWorkload, type PlannedPod } from './population.ts'
import type { ScaleSizes } from './sizes.ts'

export interface RunningPod extends PlannedPod {
  uid: string
}

const IN_FLIGHT = 64

/** Nodes, workloads and running pods in a real apiserver, as they are added. */
export class Population {
  readonly #api: DirectApi
  readonly pods: RunningPod[] = []
  /** Indices into the pods, by workload. */
  readonly podsOf: number[][] = []
  readonly #namespaces = new Set<string>()
  readonly #replicaSetUids: string[] = []
  #nodes = 0

  constructor(api: DirectApi) {
    this.#api = api
  }

  /** Adds what is missing to these sizes. */
  async growTo(sizes: ScaleSizes): Promise<void> {
    const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at)
    await inParallel(range(this.#nodes, sizes.nodes), IN_FLIGHT, (index) => this.#makeNode(nodeName(index)))
    this.#nodes = Math.max(this.#nodes, sizes.nodes)
    const workloads = range(this.podsOf.length, sizes.workloads)
    const namespaces = new Set(workloads.map(namespaceName).filter((name) => !this.#namespaces.has(name)))
    await inParallel(namespaces, IN_FLIGHT, (name) => this.#makeNamespace(name))
    await inParallel(workloads, IN_FLIGHT, (index) => this.#makeWorkload(index))
    await inParallel(planPods(this.pods.length, sizes.pods, sizes), IN_FLIGHT, (pod) => this.#makePod(pod))
  }

  async #makeNode(name: string): Promise<void> {
    await this.#api.request('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } })
  }

  async #makeNamespace(name: string): Promise<void> {
    await this.#api.request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    this.#namespaces.add(name)
  }

  async #makeWorkload(index: number): Promise<void> {
    const { namespace, deployment, replicaSet } = planWorkload(index)
    const labels = { app: deployment }
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: PLAIN_SPEC } }
    const make = async (kind: string, name: string, owner?: object): Promise<string> => {
      const metadata = { name, ...(owner && { ownerReferences: [owner] }) }
      const path = `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s`
      return uidOf(await this.#api.request('POST', path, { apiVersion: 'apps/v1', kind, metadata, spec }))
    }
    const uid = await make('Deployment', deployment)
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment, uid, controller: true }
    this.#replicaSetUids[index] = await make('ReplicaSet', replicaSet, owner)
    this.podsOf[index] = []
  }

  /** Bound to its node when it is made, as with a static binding; then as the node's kubelet tells that it runs. */
  async #makePod(pod: PlannedPod): Promise<void> {
    const { namespace, name, node, workload, containerId } = pod
    const { deployment, replicaSet } = planWorkload(workload)
    const uid = this.#replicaSetUids[workload]
    const metadata = {
      name,
      labels: { app: deployment },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: replicaSet, uid, controller: true }],
    }
    const path = `/api/v1/namespaces/${namespace}/pods`
    const body = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...PLAIN_SPEC, nodeName: node } }
    const made = await this.#api.request('POST', path, body, { metadataOnly: true })
    const container = { name: CONTAINER, ready: true, restartCount: 0, image: 'x', imageID: 'x' }
    const running = { ...container, containerID: `containerd://${containerId}`, state: { running: {} } }
    const status = { phase: 'Running', containerStatuses: [running] }
    await this.#api.request('PATCH', `${path}/${name}/status`, { status }, { metadataOnly: true })
    this.podsOf[workload]?.push(this.pods.push({ ...pod, uid: uidOf(made) }) - 1)
  }
}

const PLAIN_SPEC = { automountServiceAccountToken: false, containers: [{ name: CONTAINER, image: 'x' }] }

function uidOf(object: string): string {
  return (JSON.parse(object) as { metadata: { uid: string } }).metadata.uid
}
