import { dump } from 'js-yaml'
import { buildCrd, type ReportKind } from './crd.ts'
import { GROUP } from './killRecord.ts'
import { nodeOomReportKind } from './nodeOomReport.ts'
import { oomPolicyKind } from './oomPolicy.ts'
import { oomReportKind } from './oomReport.ts'

const HEADER = '# Generated from operator/api by `make generate`. Do not edit: a test holds this file to its source.\n'

export const reportKinds: readonly ReportKind[] = [oomReportKind, nodeOomReportKind, oomPolicyKind]

/** Name and content of each file in crds/. */
export function renderCrdFiles(): ReadonlyMap<string, string> {
  return new Map(
    reportKinds.map((kind) => [
      `${GROUP}_${kind.plural}.yaml`,
      HEADER + dump(buildCrd(kind), { lineWidth: 120, noRefs: true }),
    ]),
  )
}
