import { API_VERSION } from '../api/killRecord.ts'
import type { Refusal, ReportKey, ReportStore, StoredReport } from '../runtime/reportStore.ts'
import { crdsMissing, isKindMissing, isNamespaceEnding, refusalOf, statusOf } from './kubeAnswers.ts'
import type { KubeAnswer, KubeClient } from './kubeClient.ts'
import { reportPath, reportsPath } from './reportsPath.ts'

interface RawReport {
  metadata: { name: string; namespace?: string; resourceVersion: string; generation?: number }
  spec?: unknown
  status?: unknown
}

const PAGE = 100
const FIELD_MANAGER = 'oomkeeper-operator'

export class KubeReportStore implements ReportStore {
  readonly #client: KubeClient

  constructor(client: KubeClient) {
    this.#client = client
  }

  async get(key: ReportKey): Promise<StoredReport | undefined> {
    const answer = await this.#client.request('GET', reportPath(key))
    if (answer.code === 200) return parseReport(key.kind, answer.body)
    if (isKindMissing(answer)) throw crdsMissing()
    if (answer.code === 404) return undefined
    throw refusalOf(answer, `read ${key.kind} ${key.name}`)
  }

  async create(
    key: ReportKey,
    spec: object,
  ): Promise<{ outcome: 'created'; report: StoredReport } | { outcome: 'exists' } | Refusal> {
    const metadata = { name: key.name, ...(key.kind === 'OOMReport' && { namespace: key.namespace }) }
    const path = `${reportsPath(key.kind, metadata.namespace)}?fieldManager=${FIELD_MANAGER}`
    const answer = await this.#client.request('POST', path, { apiVersion: API_VERSION, kind: key.kind, metadata, spec })
    if (answer.code === 201) return { outcome: 'created', report: parseReport(key.kind, answer.body) }
    if (answer.code === 409 && statusOf(answer).reason === 'AlreadyExists') return { outcome: 'exists' }
    return this.#refusal(answer, key, 'create')
  }

  async patchStatus(
    key: ReportKey,
    patch: object,
    resourceVersion: string,
  ): Promise<{ outcome: 'written' | 'conflict' | 'gone' } | Refusal> {
    const body = { metadata: { resourceVersion }, status: patch }
    const answer = await this.#client.request('PATCH', `${reportPath(key)}/status?fieldManager=${FIELD_MANAGER}`, body)
    if (answer.code === 200) return { outcome: 'written' }
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

  /** What will stay refused is a value; what waiting, or an administrator, can mend is thrown. */
  #refusal(answer: KubeAnswer, key: ReportKey, what: string): Refusal {
    const { code } = answer
    const { message = '', details } = statusOf(answer)
    if (key.kind === 'OOMReport' && (isNamespaceEnding(answer) || (code === 404 && details?.kind === 'namespaces'))) {
      return { outcome: 'refused', reason: 'NamespaceGone', message }
    }
    if (isKindMissing(answer)) throw crdsMissing()
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
