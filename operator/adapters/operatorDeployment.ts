import { operatorError } from '../errors.ts'
import { refusalOf } from './kubeAnswers.ts'
import type { KubeClient } from './kubeClient.ts'

interface Deployment {
  spec: { replicas?: number; selector: { matchLabels?: Record<string, string> } }
}

const LOOK_EVERY_MS = 200
/** Longer than the grace that a pod has. */
const END_LIMIT_MS = 45_000

/** The operator's own Deployment, to be stopped and started. */
export class OperatorDeployment {
  readonly #client: KubeClient
  readonly #namespace: string
  readonly #path: string
  readonly #sleep: (ms: number) => Promise<void>

  constructor(client: KubeClient, namespace: string, name: string, sleep: (ms: number) => Promise<void>) {
    this.#client = client
    this.#namespace = encodeURIComponent(namespace)
    this.#path = `/apis/apps/v1/namespaces/${this.#namespace}/deployments/${encodeURIComponent(name)}`
    this.#sleep = sleep
  }

  /**
   * Scales to 0 and waits until its pods are gone. Found at 0, it may have been stopped here by a run that was killed: then
   * one comes back, and holds what was not given back.
   * @returns how to bring it back. @throws ProgramError
   */
  async stop(): Promise<() => Promise<void>> {
    const answer = await this.#client.request('GET', this.#path)
    if (answer.code === 404) return () => Promise.resolve()
    if (answer.code !== 200) throw refusalOf(answer, "read the operator's Deployment")
    const { spec } = answer.body as Deployment
    const replicas = spec.replicas || 1
    await this.#scale(0)
    try {
      await this.#untilGone(spec.selector.matchLabels ?? {})
    } catch (error) {
      await this.#scale(replicas)
      throw error
    }
    return () => this.#scale(replicas)
  }

  async #untilGone(matchLabels: Readonly<Record<string, string>>): Promise<void> {
    const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`)
    const pods = `/api/v1/namespaces/${this.#namespace}/pods?labelSelector=${encodeURIComponent(labels.join())}`
    for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
      const list = await this.#client.request('GET', pods)
      if (list.code !== 200) throw refusalOf(list, "list the operator's pods")
      const { length } = (list.body as { items: unknown[] }).items
      if (length === 0) return
      if (waitedMs >= END_LIMIT_MS) {
        throw operatorError(
          'OperatorRuns',
          `expected the operator's pods to end, got ${length} of them after ${END_LIMIT_MS / 1000} s`,
        )
      }
      await this.#sleep(LOOK_EVERY_MS)
    }
  }

  async #scale(replicas: number): Promise<void> {
    const answer = await this.#client.request('PATCH', `${this.#path}/scale`, { spec: { replicas } })
    if (answer.code !== 200) throw refusalOf(answer, `scale the operator to ${replicas}`)
  }
}
