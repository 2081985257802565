import type { OomReportSpec, OomReportStatus } from '../../operator/api/oomReport.ts'
import type { Kubectl } from '../cluster/parts/kubectl.ts'
import { waitUntil, type WaitOptions } from '../cluster/process/wait.ts'

export interface OomReport {
  metadata: { name: string; namespace: string; uid: string }
  spec: OomReportSpec
  status?: OomReportStatus
}

export async function listReports(kubectl: Kubectl, namespace: string): Promise<OomReport[]> {
  const list = JSON.parse(await kubectl(['get', 'oomreports', '-n', namespace, '-o', 'json'])) as { items: OomReport[] }
  return list.items
}

/** @returns the report of a workload, as soon as it is as it should be */
export function untilReported(
  kubectl: Kubectl,
  { namespace, name }: { namespace: string; name: string },
  holds: (report: OomReport) => boolean,
  options: WaitOptions,
): Promise<OomReport> {
  const probe = async () =>
    (await listReports(kubectl, namespace)).find((report) => report.spec.workload.name === name && holds(report))
  return waitUntil(`the report of ${name}`, probe, { everyMs: 200, ...options })
}
