import { isProgramError, messageOf } from '#program/errors.ts'
import { API_VERSION } from '../../operator/api/killRecord.ts'
import type { AskedOperator, NodeAnswer, PolicySource, SettingsAnswer } from '../policy/ports.ts'
import { MAX_TOP_OF_NODE } from '../rankFlags.ts'
import { listApiObjects } from './apiObjects.ts'
import type { KubeTarget } from './kubectl.ts'
import { fetchKill, fetchNodeRanking, fetchOperatorSettings } from './operatorApi.ts'
import { withOperator, type OperatorTarget } from './portForward.ts'
import { StoredReports } from './storedReports.ts'

/** A pod takes 16 KiB. */
const PAGE = 500
const COLLECTIONS = [
  { path: '/api/v1/namespaces', apiVersion: 'v1', kind: 'Namespace' },
  { path: '/api/v1/nodes', apiVersion: 'v1', kind: 'Node' },
  { path: '/apis/node.k8s.io/v1/runtimeclasses', apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass' },
  { path: `/apis/${API_VERSION}/oompolicies`, apiVersion: API_VERSION, kind: 'OOMPolicy' },
  { path: '/api/v1/pods', apiVersion: 'v1', kind: 'Pod' },
]

/** What policies are decided by, from the cluster of kubectl's context, as its user may read it. */
export class ClusterSource implements PolicySource {
  readonly #target: KubeTarget
  readonly #operator: OperatorTarget

  constructor(target: KubeTarget, operator: OperatorTarget) {
    this.#target = target
    this.#operator = operator
  }

  async *objects(): AsyncGenerator<unknown> {
    for (const { path, ...type } of COLLECTIONS) yield* whereServed(listApiObjects(this.#target, path, type, PAGE))
  }

  async *reports(): AsyncGenerator<unknown> {
    const reports = new StoredReports(this.#target)
    for (const kind of ['OOMReport', 'NodeOOMReport'] as const) yield* whereServed(reports.list(kind, undefined))
  }

  withOperator<T>(use: (operator: AskedOperator) => Promise<T>): Promise<T> {
    return withOperator(this.#operator, (reach) =>
      use({
        settings: () => readSettings(reach),
        rankings: (nodes) => this.#rankings(reach, nodes),
        findKill: killFinder(reach),
      }),
    )
  }

  async *#rankings(reach: () => Promise<string>, nodes: readonly string[]): AsyncGenerator<NodeAnswer> {
    for (const [at, node] of nodes.entries()) {
      const url = await orProblem(reach)
      if ('problem' in url) {
        yield { node: nodes.slice(at).join(', '), ...url }
        return
      }
      const question = { ...this.#operator, node, top: MAX_TOP_OF_NODE }
      const ranking = await orProblem(() => fetchNodeRanking(url.answer, question))
      yield 'problem' in ranking ? { node, ...ranking } : { node, ranking: ranking.answer }
    }
  }
}

/** Without an operator, and without the kill, its report has to do. An operator that does not answer is not asked again. */
function killFinder(reach: () => Promise<string>): AskedOperator['findKill'] {
  let answers = true
  return async ({ node, bootId, sequence }) => {
    if (!answers) return undefined
    try {
      const { event } = await fetchKill(await reach(), [node, bootId, sequence])
      return event
    } catch (error) {
      if (!isProgramError(error)) throw error
      answers = error.code === 'NotThere'
      return undefined
    }
  }
}

/** What the operator is set to; one of an older build does not tell. */
export async function readSettings(reach: () => Promise<string>): Promise<SettingsAnswer> {
  const told = await orProblem(async () => fetchOperatorSettings(await reach()))
  return 'problem' in told ? told : { settings: told.answer }
}

/** Without an operator all else can be said. */
async function orProblem<T>(ask: () => Promise<T>): Promise<{ answer: T } | { problem: string }> {
  try {
    return { answer: await ask() }
  } catch (error) {
    if (!isProgramError(error)) throw error
    return { problem: messageOf(error) }
  }
}

/** A kind that the cluster does not have has no objects. */
async function* whereServed(objects: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  try {
    yield* objects
  } catch (error) {
    if (!isProgramError(error) || error.code !== 'ObjectMissing') throw error
  }
}
