import type { Owner, OwnerReference } from '../reports/workload.ts'
import { isKindMissing, refusalOf } from './kubeAnswers.ts'
import type { KubeClient } from './kubeClient.ts'

const MAX_CACHED_OWNERS = 10_000

interface RawOwner {
  metadata?: { uid?: string; ownerReferences?: readonly (OwnerReference & { controller?: boolean })[] }
}

/** Reads the controllers of controllers, and remembers them by UID: an owner's owner never changes in practice. */
export class OwnerReader {
  readonly #client: KubeClient
  readonly #owners = new Map<string, Owner>()
  /** Plural of each kind of a group and version, by discovery. */
  readonly #plurals = new Map<string, ReadonlyMap<string, string>>()

  constructor(client: KubeClient) {
    this.#client = client
  }

  /** @throws ProgramError with retry when the apiserver does not answer. */
  async getOwner(namespace: string, reference: OwnerReference): Promise<Owner> {
    const known = this.#owners.get(reference.uid)
    if (known !== undefined) return known
    const owner = await this.#read(namespace, reference)
    // What cannot be read now may be readable later.
    if (owner.kind === 'readable') {
      const [oldest] = this.#owners.keys()
      if (this.#owners.size >= MAX_CACHED_OWNERS && oldest !== undefined) this.#owners.delete(oldest)
      this.#owners.set(reference.uid, owner)
    }
    return owner
  }

  async #read(namespace: string, { apiVersion, kind, name, uid }: OwnerReference): Promise<Owner> {
    const plural = (await this.#readPlurals(apiVersion)).get(kind)
    if (plural === undefined) return { kind: 'unreadable' }
    const path = `${groupPath(apiVersion)}/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}`
    const answer = await this.#client.request('GET', path)
    if (answer.code === 403 || answer.code === 404) return { kind: 'unreadable' }
    if (answer.code !== 200) throw refusalOf(answer, `read ${kind} ${name}`)
    const { metadata } = answer.body as RawOwner
    // Another object of that name: the owner is gone.
    if (metadata?.uid !== uid) return { kind: 'unreadable' }
    const controller = metadata.ownerReferences?.find((owner) => owner.controller === true)
    return {
      kind: 'readable',
      controller: controller && {
        apiVersion: controller.apiVersion,
        kind: controller.kind,
        name: controller.name,
        uid: controller.uid,
      },
    }
  }

  async #readPlurals(apiVersion: string): Promise<ReadonlyMap<string, string>> {
    const known = this.#plurals.get(apiVersion)
    if (known !== undefined) return known
    const answer = await this.#client.request('GET', groupPath(apiVersion))
    if (answer.code === 403 || isKindMissing(answer)) return new Map()
    if (answer.code !== 200) throw refusalOf(answer, `list the kinds of ${apiVersion}`)
    const { resources } = answer.body as { resources: readonly { name: string; kind: string; namespaced: boolean }[] }
    const plurals = new Map(
      resources
        .filter(({ name, namespaced }) => namespaced && !name.includes('/'))
        .map(({ name, kind }) => [kind, name]),
    )
    this.#plurals.set(apiVersion, plurals)
    return plurals
  }
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}
