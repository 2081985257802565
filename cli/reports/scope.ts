import type { ReportPorts } from './ports.ts'
import type { ReportKind } from './reference.ts'
import type { Report } from './report.ts'

export interface ScopeFlags {
  namespace: string | undefined
  allNamespaces: boolean
}

export interface ReadReport {
  report: Report
  object: unknown
}

/** Which namespace is asked about; undefined: all of them. */
export async function resolveNamespace(
  { namespace, allNamespaces }: ScopeFlags,
  { reports }: Pick<ReportPorts, 'reports'>,
): Promise<string | undefined> {
  return allNamespaces ? undefined : (namespace ?? (await reports.currentNamespace()))
}

/** The reports of a namespace; of all namespaces, and then of the nodes, which are in none. */
export async function* readReports(
  namespace: string | undefined,
  { reports }: Pick<ReportPorts, 'reports'>,
): AsyncGenerator<ReadReport> {
  // Loaded only when asked for: it needs zod.
  const { parseReport } = await import('./report.ts')
  const kinds: readonly ReportKind[] = namespace === undefined ? ['OOMReport', 'NodeOOMReport'] : ['OOMReport']
  for (const kind of kinds) {
    for await (const object of reports.list(kind, namespace)) {
      const report = parseReport(object)
      if (report !== undefined) yield { report, object }
    }
  }
}

export function scopeWords(namespace: string | undefined): string {
  return namespace === undefined ? 'any namespace, nor on any node' : `namespace ${namespace}`
}
