import type { OomReportSpec, OomReportStatus } from '../../operator/api/oomReport.ts'
import type { Kubectl } from '../cluster/parts/kubectl.ts'

export interface OomReport {
  metadata: { name: string; namespace: string; uid: string }
  spec: OomReportSpec
  status?: OomReportStatus
}

export async function listReports(kubectl: Kubectl, namespace: string): Promise<OomReport[]> {
  const list = JSON.parse(await kubectl(['get', 'oomreports', '-n', namespace, '-o', 'json'])) as { items: OomReport[] }
  return list.items
}
