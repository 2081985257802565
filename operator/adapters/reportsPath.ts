import { API_VERSION } from '../api/killRecord.ts'
import { nodeOomReportKind } from '../api/nodeOomReport.ts'
import { oomReportKind } from '../api/oomReport.ts'
import type { ReportKey } from '../runtime/reportStore.ts'

/** As the apiserver names reports of a kind in paths. */
export const REPORT_PLURALS = { OOMReport: oomReportKind.plural, NodeOOMReport: nodeOomReportKind.plural }

/** Where the reports of a kind are: of one namespace, or of all. */
export function reportsPath(kind: ReportKey['kind'], namespace?: string): string {
  const within = namespace === undefined ? '' : `namespaces/${encodeURIComponent(namespace)}/`
  return `/apis/${API_VERSION}/${within}${REPORT_PLURALS[kind]}`
}

export function reportPath(key: ReportKey): string {
  const folder = key.kind === 'OOMReport' ? reportsPath(key.kind, key.namespace) : reportsPath(key.kind)
  return `${folder}/${encodeURIComponent(key.name)}`
}
