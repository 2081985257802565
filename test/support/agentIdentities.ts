import { TOKEN_AUDIENCE } from '../../contract/nodeLogin.ts'
import { DirectApi } from '../scale/directApi.ts'
import type { ApiAccess } from '../cluster/parts/kubeconfig.ts'

const NAMESPACE = 'oomkeeper'
const SERVICE_ACCOUNT = 'oomkeeper-agent'
/** From where a test connects. */
export const HERE = '127.0.0.1'
/** The least that the apiserver gives. */
const TOKEN_SECONDS = 600

export interface TokenOptions {
  audience?: string
  serviceAccount?: string
  /** undefined: bound to no pod. */
  pod?: string | undefined
}

/** Nodes, the agents' pods on them, and the tokens that a kubelet would mount there, in a real apiserver. */
export class AgentIdentities {
  readonly #api: DirectApi

  constructor(access: ApiAccess) {
    this.#api = new DirectApi(access)
  }

  /** The namespace with the agents' service account, and another one. */
  async prepare(others: readonly string[] = []): Promise<void> {
    await this.#post('/api/v1/namespaces', { kind: 'Namespace', metadata: { name: NAMESPACE } })
    for (const name of [SERVICE_ACCOUNT, ...others])
      await this.#post(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, {
        kind: 'ServiceAccount',
        metadata: { name },
      })
  }

  async makeNode(name: string): Promise<void> {
    await this.#post('/api/v1/nodes', { kind: 'Node', metadata: { name } })
  }

  /** @returns its name. */
  async makePod(node: string, address: string = HERE, serviceAccountName: string = SERVICE_ACCOUNT): Promise<string> {
    const name = `agent-${node}-${serviceAccountName}`
    const path = `/api/v1/namespaces/${NAMESPACE}/pods`
    const spec = { nodeName: node, serviceAccountName, containers: [{ name: 'agent', image: 'x' }] }
    await this.#post(path, { kind: 'Pod', metadata: { name }, spec })
    const status = { phase: 'Running', podIP: address, podIPs: [{ ip: address }] }
    await this.#api.request('PATCH', `${path}/${name}/status`, { status })
    return name
  }

  async deletePod(name: string): Promise<void> {
    await this.#api.request('DELETE', `/api/v1/namespaces/${NAMESPACE}/pods/${name}?gracePeriodSeconds=0`)
  }

  /** As a kubelet asks for it. */
  async token({ audience = TOKEN_AUDIENCE, serviceAccount = SERVICE_ACCOUNT, pod }: TokenOptions): Promise<string> {
    const bound = pod === undefined ? {} : { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod } }
    const spec = { audiences: [audience], expirationSeconds: TOKEN_SECONDS, ...bound }
    const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${serviceAccount}/token`
    const answer = await this.#api.request('POST', path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec,
    })
    return (JSON.parse(answer) as { status: { token: string } }).status.token
  }

  /** A node with its agent's pod, and the token that is mounted there. */
  async makeAgent(node: string, address: string = HERE): Promise<string> {
    await this.makeNode(node)
    return this.token({ pod: await this.makePod(node, address) })
  }

  close(): void {
    this.#api.close()
  }

  async #post(path: string, object: object): Promise<void> {
    await this.#api.request('POST', path, { apiVersion: 'v1', ...object })
  }
}
