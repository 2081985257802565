import { API_VERSION } from '../api/killRecord.ts'
import { keyText, type Refusal, type ReportKey, type ReportStore, type StoredReport } from '../runtime/reportStore.ts'
import { setNewest } from '../runtime/setNewest.ts'
import {
  crdsMissing,
  crdsOfOtherVersion,
  isKindMissing,
  isNamespaceEnding,
  refusalOf,
  statusOf,
} from './kubeAnswers.ts'
import type { KubeAnswer, KubeClient } from './kubeClient.ts'
import { reportPath, reportsPath } from './reportsPath.ts'

interface RawReport {
  metadata: { name: string; namespace?: string; resourceVersion: string; generation?: number }
  spec?: unknown
  status?: unknown
}

const PAGE = 100
const FIELD_MANAGER = 'oomkeeper-operator'
/** Of so many reports it is known which version was written last, 100 bytes each. */
const MAX_REMEMBERED = 10_000
/** The apiserver's memory has not come to that version within three seconds (k8s.io/apiserver, NewTooLargeResourceVersionError). */
const BEHIND = 504
/** Longer than any admission webhook may take (30 s), so that the apiserver says that it was that. */
const WRITE_TIMEOUT_MS = 35_000

export class KubeReportStore implements ReportStore {
  readonly #client: KubeClient
  /** By keyText: the resourceVersion of our last write, as long as nothing is known that is newer. */
  readonly #written = new Map<string, string>()

  constructor(client: KubeClient) {
    this.#client = client
  }

  async get(key: ReportKey): Promise<StoredReport | undefined> {
    const answer = await this.#read(key)
    if (answer.code === 200) return parseReport(key.kind, answer.body)
    if (isKindMissing(answer)) throw crdsMissing()
    if (answer.code === 404) return undefined
    throw refusalOf(answer, `read ${key.kind} ${key.name}`)
  }

  async create(
    key: ReportKey,
    spec: object,
  ): Promise<{ outcome: 'created'; report: StoredReport } | { outcome: 'exists' } | Refusal> {
    const metadata = metadataOf(key)
    const path = `${reportsPath(key.kind, metadata.namespace)}?fieldManager=${FIELD_MANAGER}`
    const object = { apiVersion: API_VERSION, kind: key.kind, metadata, spec }
    const answer = await this.#client.request('POST', path, object, { timeoutMs: WRITE_TIMEOUT_MS })
    if (answer.code === 201) return { outcome: 'created', report: parseReport(key.kind, answer.body) }
    if (answer.code === 409 && statusOf(answer).reason === 'AlreadyExists') return { outcome: 'exists' }
    return this.#refusal(answer, key, 'create')
  }

  /** Whole: a merge patch of a full report costs the apiserver two thirds more. What is not status stays as it is stored. */
  async writeStatus(
    key: ReportKey,
    status: object,
    resourceVersion: string,
  ): Promise<{ outcome: 'written' | 'conflict' | 'gone' } | Refusal> {
    const metadata = { ...metadataOf(key), resourceVersion }
    // Whatever comes of it, a version that was written before is no longer the newest for sure.
    this.#written.delete(keyText(key))
    const path = `${reportPath(key)}/status?fieldManager=${FIELD_MANAGER}`
    const body = { apiVersion: API_VERSION, kind: key.kind, metadata, status }
    const answer = await this.#client.request('PUT', path, body, {
      metadataOnly: true,
      timeoutMs: WRITE_TIMEOUT_MS,
    })
    if (answer.code === 200) {
      const version = (answer.body as Partial<RawReport> | null)?.metadata?.resourceVersion
      if (version !== undefined) setNewest(this.#written, keyText(key), version, MAX_REMEMBERED)
      return { outcome: 'written' }
    }
    if (answer.code === 409) return { outcome: 'conflict' }
    if (answer.code === 404 && !isKindMissing(answer)) return { outcome: 'gone' }
    return this.#refusal(answer, key, 'write the status of')
  }

  async remove(key: ReportKey, resourceVersion: string): Promise<boolean> {
    const answer = await this.#client.request('DELETE', reportPath(key), { preconditions: { resourceVersion } })
    if (answer.code === 200 || answer.code === 202) return true
    if (answer.code === 409) return false
    if (isKindMissing(answer)) throw crdsMissing()
    if (answer.code === 404) return false
    throw refusalOf(answer, `delete ${key.kind} ${key.name}`)
  }

  async *list(kind: ReportKey['kind']): AsyncIterable<StoredReport> {
    let continueToken: string | undefined
    do {
      const query = new URLSearchParams({ limit: String(PAGE), ...(continueToken && { continue: continueToken }) })
      const answer = await this.#client.request('GET', `${reportsPath(kind)}?${query.toString()}`)
      if (answer.code === 404) throw crdsMissing()
      if (answer.code !== 200) throw refusalOf(answer, `list ${kind}s`)
      const list = answer.body as { metadata?: { continue?: string }; items: readonly unknown[] }
      for (const item of list.items) yield parseReport(kind, item)
      continueToken = list.metadata?.continue
    } while (continueToken)
  }

  /**
   * As it is now; a report that we wrote last, from the apiserver's memory, which is at least as new as that write: a quarter of the
   * work of asking etcd. If another has written meanwhile, our next write is a conflict, and it is read as it is now.
   */
  async #read(key: ReportKey): Promise<KubeAnswer> {
    const written = this.#written.get(keyText(key))
    if (written !== undefined) {
      const query = new URLSearchParams({ resourceVersion: written })
      const answer = await this.#client.request('GET', `${reportPath(key)}?${query.toString()}`)
      if (answer.code !== BEHIND) return answer
      this.#written.delete(keyText(key))
    }
    return this.#client.request('GET', reportPath(key))
  }

  /** What will stay refused is a value; what waiting, or an administrator, can mend is thrown. */
  #refusal(answer: KubeAnswer, key: ReportKey, what: string): Refusal {
    const { code } = answer
    const { message = '', details } = statusOf(answer)
    if (key.kind === 'OOMReport' && (isNamespaceEnding(answer) || (code === 404 && details?.kind === 'namespaces'))) {
      return { outcome: 'refused', reason: 'NamespaceGone', message }
    }
    if (isKindMissing(answer)) throw crdsMissing()
    const otherVersion = crdsOfOtherVersion(answer)
    if (otherVersion !== undefined) throw otherVersion
    // 403 is RBAC, for everything, or a quota or an admission plugin, for this namespace only.
    const lacksRight = /\bcannot (?:get|list|create|patch|update) resource\b/.test(message)
    if (code === 400 || code === 413 || code === 422 || (code === 403 && !lacksRight)) {
      return { outcome: 'refused', reason: 'WriteRefused', message }
    }
    throw refusalOf(answer, `${what} ${key.kind} ${key.name}`)
  }
}

/** How many there are, without reading them. @throws ProgramError with retry. */
export async function countReports(client: KubeClient, kind: ReportKey['kind']): Promise<number> {
  const answer = await client.request('GET', `${reportsPath(kind)}?limit=1`)
  if (answer.code !== 200) throw refusalOf(answer, `count ${kind}s`)
  const { metadata, items } = answer.body as { metadata?: { remainingItemCount?: number }; items: readonly unknown[] }
  return items.length + (metadata?.remainingItemCount ?? 0)
}

function metadataOf(key: ReportKey): { name: string; namespace?: string } {
  return { name: key.name, ...(key.kind === 'OOMReport' && { namespace: key.namespace }) }
}

function parseReport(kind: ReportKey['kind'], body: unknown): StoredReport {
  const { metadata, spec, status } = body as RawReport
  const { name, namespace = '', resourceVersion, generation = 0 } = metadata
  return {
    key: kind === 'OOMReport' ? { kind, namespace, name } : { kind, name },
    resourceVersion,
    generation,
    spec,
    status,
  }
}
