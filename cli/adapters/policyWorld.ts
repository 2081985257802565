import type { PolicyTestFlags } from '../policy/policyFlags.ts'
import type { PolicyPorts, SimulationPorts } from '../policy/ports.ts'
import { ClusterSource, readSettings } from './clusterSource.ts'
import { FileSource, readText } from './fileSource.ts'
import { fetchNodeRanking } from './operatorApi.ts'
import { withOperator } from './portForward.ts'
import { isTerminal, showsColor, STDOUT, writeOut } from './standardOutput.ts'

/** A cluster, or with --objects files in its place. */
export function policyWorld(flags: PolicyTestFlags): Omit<PolicyPorts, 'warn'> {
  const { objects, reports, ranking = [], operator, operatorNamespace, context, kubeconfig } = flags
  const target = { context, kubeconfig }
  return {
    readText,
    source:
      objects === undefined
        ? new ClusterSource(target, { ...target, operatorUrl: operator, namespace: operatorNamespace })
        : new FileSource({ objects, reports, rankings: ranking }),
    write: writeOut,
    columns: isTerminal(STDOUT) ? process.stdout.columns : undefined,
    hasColor: showsColor(process.env),
  }
}

/** The cluster, for what another policy would change on one of its nodes. */
export function simulationWorld(
  flags: Pick<PolicyTestFlags, 'operator' | 'operatorNamespace' | 'context' | 'kubeconfig'>,
): Pick<SimulationPorts, 'readText' | 'objects' | 'withOperator'> {
  const { operator, operatorNamespace, context, kubeconfig } = flags
  const target = { context, kubeconfig }
  const operatorAt = { ...target, operatorUrl: operator, namespace: operatorNamespace }
  const source = new ClusterSource(target, operatorAt)
  return {
    readText,
    objects: () => source.objects(),
    withOperator: (use) =>
      withOperator(operatorAt, (reach) =>
        use({
          settings: () => readSettings(reach),
          rankNode: async (question) => fetchNodeRanking(await reach(), { ...operatorAt, ...question }),
        }),
      ),
  }
}
