import { isProgramError, printable } from '#program/errors.ts'
import { nodeSimulation } from '../../operator/api/nodeSimulation.ts'
import type { ReportPorts } from '../reports/ports.ts'
import { askOperator, fetchKill, readOperatorLines } from './operatorApi.ts'
import type { KubeTarget } from './kubectl.ts'
import { withOperator, type OperatorTarget } from './portForward.ts'
import { isTerminal, showsColor, STDOUT, writeOut } from './standardOutput.ts'
import { StoredReports } from './storedReports.ts'
import { untilInterrupted } from './watching.ts'

export interface ReportTarget extends KubeTarget {
  /** Without one, the operator is reached by kubectl port-forward. */
  operator?: string | undefined
  operatorNamespace?: string | undefined
}

/** The world of the commands that read reports: kubectl, and the operator behind it. */
export function reportWorld(name: string, target: ReportTarget): ReportPorts {
  const { operator, operatorNamespace = 'oomkeeper', context, kubeconfig } = target
  const operatorAt = { operatorUrl: operator, namespace: operatorNamespace, context, kubeconfig }
  return {
    reports: new StoredReports(target),
    operator: {
      simulateNode: (parameters) =>
        withOperator(operatorAt, async (reach) => {
          const path = '/api/v1/simulate'
          return askOperator(await reach(), { path, parameters, schema: nodeSimulation, what: 'a simulation' })
        }),
      findKill: ({ node, bootId, sequence, recoveredAs }) =>
        withOperator(operatorAt, async (reach) => {
          try {
            return await fetchKill(await reach(), [node ?? '-', bootId ?? '-', recoveredAs ?? sequence ?? '-'])
          } catch (error) {
            if (isProgramError(error) && error.code === 'NotThere') return undefined
            throw error
          }
        }),
      async *followKills(filter, signal) {
        const url = await openOperator(operatorAt, signal)
        try {
          yield* readOperatorLines(url.address, { path: '/api/v1/kills', parameters: filter }, signal)
        } finally {
          await url.close()
        }
      },
    },
    untilInterrupted,
    write: writeOut,
    warn: (text) => process.stderr.write(`${name}: ${printable(text)}\n`),
    columns: isTerminal(STDOUT) ? process.stdout.columns : undefined,
    hasColor: showsColor(process.env),
    nowMs: Date.now,
  }
}

/** The way to the operator, open until it is closed. */
async function openOperator(
  target: OperatorTarget,
  signal: AbortSignal,
): Promise<{ address: string; close: () => Promise<void> }> {
  const opened = Promise.withResolvers<string>()
  const closing = Promise.withResolvers<void>()
  const done = withOperator(
    target,
    async (reach) => {
      opened.resolve(await reach())
      await closing.promise
    },
    signal,
  )
  done.catch(opened.reject)
  return {
    address: await opened.promise,
    close: async () => {
      closing.resolve()
      await done.catch(() => undefined)
    },
  }
}
