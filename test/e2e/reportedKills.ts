import type { ContainerKillRecord, OomReportStatus } from '../../operator/api/oomReport.ts'
import type { NodeKillRecord, NodeOomReportStatus } from '../../operator/api/nodeOomReport.ts'
import type { Kubectl } from '../cluster/parts/kubectl.ts'
import type { OomReport } from '../support/reports.ts'

export interface NodeOomReport {
  metadata: { name: string }
  status?: NodeOomReportStatus
}

/** Every report of the cluster. */
export interface AllReports {
  containers: OomReport[]
  nodes: NodeOomReport[]
}

export async function readAllReports(kubectl: Kubectl): Promise<AllReports> {
  const list = async (args: readonly string[]): Promise<unknown> =>
    (JSON.parse(await kubectl(['get', ...args, '-o', 'json'])) as { items: unknown }).items
  const [containers, nodes] = await Promise.all([list(['oomreports', '-A']), list(['nodeoomreports'])])
  return { containers: containers as OomReport[], nodes: nodes as NodeOomReport[] }
}

const statusesOf = ({ containers, nodes }: AllReports): (OomReportStatus | NodeOomReportStatus)[] =>
  [...containers, ...nodes].flatMap(({ status }) => (status === undefined ? [] : [status]))

/** Kills that all of them count. */
export function countReported(reports: AllReports): number {
  return statusesOf(reports).reduce((sum, { kills }) => sum + kills, 0)
}

/** The same by whose memory ran out. */
export function countByScope(reports: AllReports): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { byScope } of statusesOf(reports))
    for (const [scope, kills] of Object.entries(byScope)) counts.set(scope, (counts.get(scope) ?? 0) + kills)
  return counts
}

/** A kill in a report: a container's, or a node's. */
export interface ReportedKill {
  /** As it is typed: `oomr/NAME -n NAMESPACE` or `noomr/NAME`. */
  report: string
  workload: string | undefined
  record: ContainerKillRecord | NodeKillRecord
}

/** The last kills of each report. */
export function lastKillsOf({ containers, nodes }: AllReports): ReportedKill[] {
  return [
    ...containers.flatMap(({ metadata: { name, namespace }, spec: { workload }, status }) =>
      (status?.lastKills ?? []).map((record) => ({
        report: `oomr/${name} -n ${namespace}`,
        workload: workload.name,
        record,
      })),
    ),
    ...nodes.flatMap(({ metadata: { name }, status }) =>
      (status?.lastKills ?? []).map((record) => ({ report: `noomr/${name}`, workload: undefined, record })),
    ),
  ]
}
