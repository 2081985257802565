import { parseLeaseSpec, type LeaseRecord } from '../lease/leaseRecord.ts'
import type { LeaseStore, StoredLease } from '../lease/elector.ts'
import { refusalOf } from './kubeAnswers.ts'
import type { KubeAnswer, KubeClient } from './kubeClient.ts'

const FIELD_MANAGER = 'fieldManager=oomkeeper-operator'

export class KubeLease implements LeaseStore {
  readonly #client: KubeClient
  readonly #name: string
  readonly #collection: string

  constructor(client: KubeClient, namespace: string, name: string) {
    this.#client = client
    this.#name = name
    this.#collection = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`
  }

  async read(): Promise<StoredLease | undefined> {
    const answer = await this.#client.request('GET', this.#path)
    if (answer.code === 404) return undefined
    if (answer.code !== 200) throw refusalOf(answer, `read the lease ${this.#name}`)
    return parseLease(answer)
  }

  async write(spec: LeaseRecord, resourceVersion: string | undefined): Promise<StoredLease | undefined> {
    const answer =
      resourceVersion === undefined
        ? await this.#client.request('POST', `${this.#collection}?${FIELD_MANAGER}`, {
            apiVersion: 'coordination.k8s.io/v1',
            kind: 'Lease',
            metadata: { name: this.#name },
            spec,
          })
        : await this.#client.request('PATCH', `${this.#path}?${FIELD_MANAGER}`, { metadata: { resourceVersion }, spec })
    if (answer.code === 200 || answer.code === 201) return parseLease(answer)
    // Deleted, or made, or written by another.
    const isGone = answer.code === 404 && resourceVersion !== undefined
    if (answer.code === 409 || isGone) return undefined
    throw refusalOf(answer, `write the lease ${this.#name}`)
  }

  /** One that is not there needs no more. @throws ProgramError */
  async remove(): Promise<void> {
    const answer = await this.#client.request('DELETE', this.#path)
    if (answer.code !== 200 && answer.code !== 404) throw refusalOf(answer, `delete the lease ${this.#name}`)
  }

  get #path(): string {
    return `${this.#collection}/${encodeURIComponent(this.#name)}`
  }
}

function parseLease({ body }: KubeAnswer): StoredLease {
  const { metadata, spec } = body as { metadata: { resourceVersion: string }; spec?: unknown }
  return { record: parseLeaseSpec(spec), resourceVersion: metadata.resourceVersion }
}
