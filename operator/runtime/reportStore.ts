import type { NodeReason } from '../api/nodeOomReport.ts'

export type ReportKey = { kind: 'OOMReport'; namespace: string; name: string } | { kind: 'NodeOOMReport'; name: string }

export function keyText(key: ReportKey): string {
  return key.kind === 'OOMReport' ? `${key.kind}/${key.namespace}/${key.name}` : `${key.kind}/${key.name}`
}

export interface StoredReport {
  key: ReportKey
  resourceVersion: string
  generation: number
  spec: unknown
  /** undefined until the first status is written. */
  status: unknown
}

/** The apiserver takes no report there, now or later: waiting does not help. */
export interface Refusal {
  outcome: 'refused'
  reason: Extract<NodeReason, 'NamespaceGone' | 'WriteRefused'>
  message: string
}

/**
 * Reports in the apiserver. What waiting can mend (unreachable, overloaded, not allowed yet, kinds missing) is
 * thrown as a ProgramError with `retry`; after one, nobody knows whether a write happened.
 */
export interface ReportStore {
  get(key: ReportKey): Promise<StoredReport | undefined>
  create(
    key: ReportKey,
    spec: object,
  ): Promise<{ outcome: 'created'; report: StoredReport } | { outcome: 'exists' } | Refusal>
  /** The whole status, taken only while the report is at this resourceVersion. */
  writeStatus(
    key: ReportKey,
    status: object,
    resourceVersion: string,
  ): Promise<{ outcome: 'written' | 'conflict' | 'gone' } | Refusal>
  /** Only while it is at this resourceVersion. @returns false when it is not, or is gone. */
  remove(key: ReportKey, resourceVersion: string): Promise<boolean>
  list(kind: ReportKey['kind']): AsyncIterable<StoredReport>
}
