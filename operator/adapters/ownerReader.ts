import {
  controllerOf,
  isNameable,
  type Owner,
  type OwnerReference,
  type RawOwnerReference,
} from '../reports/workload.ts'
import { ExpiringMap } from '../runtime/expiringMap.ts'
import { isKindMissing, refusalOf } from './kubeAnswers.ts'
import type { KubeClient } from './kubeClient.ts'

const MAX_CACHED_OWNERS = 10_000
/** Anybody who makes pods may name groups that there are not. */
const MAX_CACHED_GROUPS = 500
/** An owner's owner hardly ever changes (an orphan is adopted), and one that is gone comes back under another UID. */
const OWNER_TTL_MS = 3_600_000
/** Rights may be given, and kinds added, at any time. */
const REFUSED_TTL_MS = 300_000
const KINDS_TTL_MS = 300_000

interface RawOwner {
  metadata?: { uid?: string; ownerReferences?: readonly RawOwnerReference[] }
}

/** How the apiserver names objects of a kind in a path. */
interface ServedKind {
  plural: string
  namespaced: boolean
}

export interface OwnerObserver {
  /** The operator may not read owners of a kind; told once for each. */
  refused(apiVersion: string, kind: string): void
}

/** Reads the controllers of controllers when one is asked for, and remembers them by UID, those that cannot be read too. */
export class OwnerReader {
  readonly #client: KubeClient
  readonly #observer: OwnerObserver
  readonly #owners: ExpiringMap<string, Owner>
  /** Of a group and version, by discovery. */
  readonly #kinds: ExpiringMap<string, ReadonlyMap<string, ServedKind>>
  /** The same owner is read once for all who ask meanwhile. */
  readonly #reading = new Map<string, Promise<Owner>>()
  readonly #refused = new Set<string>()

  /** @param nowMs Milliseconds of a clock that is not set. */
  constructor(client: KubeClient, observer: OwnerObserver, nowMs: () => number) {
    this.#client = client
    this.#observer = observer
    this.#owners = new ExpiringMap({ maxEntries: MAX_CACHED_OWNERS, nowMs })
    this.#kinds = new ExpiringMap({ maxEntries: MAX_CACHED_GROUPS, nowMs })
  }

  /** @throws ProgramError with retry when the apiserver does not answer. */
  async getOwner(namespace: string, reference: OwnerReference): Promise<Owner> {
    // Who names an owner chooses all of it: only the same words are the same owner.
    const { apiVersion, kind, name, uid } = reference
    const key = JSON.stringify([namespace, apiVersion, kind, name, uid])
    const known = this.#owners.get(key) ?? this.#reading.get(key)
    if (known !== undefined) return known
    const reading = this.#read(namespace, reference)
    this.#reading.set(key, reading)
    try {
      const owner = await reading
      const lasting = owner.kind === 'readable' || owner.reason === 'Gone'
      this.#owners.set(key, owner, lasting ? OWNER_TTL_MS : REFUSED_TTL_MS)
      if (owner.kind === 'unreadable' && owner.reason === 'Refused') this.#tellRefused(apiVersion, kind)
      return owner
    } finally {
      this.#reading.delete(key)
    }
  }

  #tellRefused(apiVersion: string, kind: string): void {
    const key = `${apiVersion}/${kind}`
    if (this.#refused.has(key) || this.#refused.size >= MAX_CACHED_GROUPS) return
    this.#refused.add(key)
    this.#observer.refused(apiVersion, kind)
  }

  async #read(namespace: string, reference: OwnerReference): Promise<Owner> {
    const { apiVersion, kind, name, uid } = reference
    if (!isNameable(reference)) return { kind: 'unreadable', reason: 'NotServed' }
    const kinds = await this.#readKinds(apiVersion)
    if (kinds === 'Refused') return { kind: 'unreadable', reason: 'Refused' }
    const served = kinds.get(kind)
    if (served === undefined) return { kind: 'unreadable', reason: 'NotServed' }
    const folder = served.namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : ''
    const path = `${groupPath(apiVersion)}${folder}/${served.plural}/${encodeURIComponent(name)}`
    const answer = await this.#client.request('GET', path)
    if (answer.code === 403) return { kind: 'unreadable', reason: 'Refused' }
    if (answer.code === 404) return { kind: 'unreadable', reason: 'Gone' }
    if (answer.code !== 200) throw refusalOf(answer, `read ${kind} ${name}`)
    const { metadata } = answer.body as RawOwner
    // Another object of that name: the owner is gone.
    if (metadata?.uid !== uid) return { kind: 'unreadable', reason: 'Gone' }
    return { kind: 'readable', controller: controllerOf(metadata.ownerReferences) }
  }

  async #readKinds(apiVersion: string): Promise<ReadonlyMap<string, ServedKind> | 'Refused'> {
    const known = this.#kinds.get(apiVersion)
    if (known !== undefined) return known
    const answer = await this.#client.request('GET', groupPath(apiVersion))
    if (answer.code === 403) return 'Refused'
    if (answer.code !== 200 && !isKindMissing(answer)) throw refusalOf(answer, `list the kinds of ${apiVersion}`)
    const { resources = [] } = answer.body as { resources?: readonly ({ name: string; kind: string } & ServedKind)[] }
    const kinds = new Map(
      resources
        .filter(({ name }) => !name.includes('/'))
        .map(({ name, kind, namespaced }) => [kind, { plural: name, namespaced }]),
    )
    this.#kinds.set(apiVersion, kinds, KINDS_TTL_MS)
    return kinds
  }
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}
