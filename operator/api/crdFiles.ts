import { dump } from 'js-yaml'
import { buildCrd, type ReportKind } from './crd.ts'
import { GROUP } from './killRecord.ts'
import { nodeOomReportKind } from './nodeOomReport.ts'
import { oomPolicyKind } from './oomPolicy.ts'
import { oomReportKind } from './oomReport.ts'

const HEADER = '# Generated from operator/api by `make generate`. Do not edit: a test holds this file to its source.\n'

export const reportKinds: readonly ReportKind[] = [oomReportKind, nodeOomReportKind, oomPolicyKind]

/** What `kubectl apply -f` takes where the kinds are not installed by the chart: all of them in one file. */
export const PLAIN_FILE = 'oomkeeper-crds.yaml'

/** Name and content of each file in the chart's files/crds/. */
export function renderCrdFiles(): ReadonlyMap<string, string> {
  return new Map(
    reportKinds.map((kind) => [
      `${GROUP}_${kind.plural}.yaml`,
      HEADER + dump(buildCrd(kind), { lineWidth: 120, noRefs: true }),
    ]),
  )
}

/** The content of crds/oomkeeper-crds.yaml. */
export function renderPlainFile(): string {
  return HEADER + reportKinds.map((kind) => dump(buildCrd(kind), { lineWidth: 120, noRefs: true })).join('---\n')
}
