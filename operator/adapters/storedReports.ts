import { API_VERSION } from '../api/killRecord.ts'
import type { Answer, PageRequest } from '../http/routes.ts'
import type { ReportKey } from '../runtime/reportStore.ts'
import { statusOf } from './kubeAnswers.ts'
import type { KubeAnswer, KubeClient } from './kubeClient.ts'
import { REPORT_PLURALS, reportPath, reportsPath } from './reportsPath.ts'

const NOT_FOUND = 404
const GONE = 410

/** A page of reports as the apiserver has them, without who wrote which field. */
export async function listStoredReports(client: KubeClient, page: PageRequest): Promise<Answer> {
  const { kind, namespace, limit, continueToken } = page
  const query = new URLSearchParams({ limit: String(limit), ...(continueToken && { continue: continueToken }) })
  const answer = await client.request('GET', `${reportsPath(kind, namespace)}?${query.toString()}`)
  if (answer.code !== 200) return refused(answer, `list ${REPORT_PLURALS[kind]}`)
  const { items = [], metadata } = answer.body as { items?: readonly StoredObject[]; metadata?: { continue?: string } }
  // Items of a list come without their kind where the apiserver is an old one.
  const objects = items.map((item) => ({ ...trimmed(item), apiVersion: API_VERSION, kind }))
  return { kind: 'json', body: { version: 1, items: objects, continue: metadata?.continue || undefined } }
}

export async function getStoredReport(client: KubeClient, key: ReportKey): Promise<Answer> {
  const answer = await client.request('GET', reportPath(key))
  if (answer.code === 200) return { kind: 'json', body: trimmed(answer.body as StoredObject) }
  return refused(answer, `read ${key.kind} ${key.name}`)
}

interface StoredObject {
  metadata: { managedFields?: unknown }
}

function trimmed(object: StoredObject): StoredObject {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function refused(answer: KubeAnswer, what: string): Answer {
  const { message = `status ${answer.code}` } = statusOf(answer)
  const status = answer.code === NOT_FOUND || answer.code === GONE ? answer.code : 502
  return { kind: 'problem', status, detail: `expected the apiserver to ${what}, got: ${message}` }
}
