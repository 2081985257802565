import { isProgramError, messageOf } from '#program/errors.ts'
import { API_VERSION } from '../../operator/api/killRecord.ts'
import type { NodeAnswer, PolicySource } from '../policy/ports.ts'
import { MAX_TOP_OF_NODE } from '../rankFlags.ts'
import { listApiObjects } from './apiObjects.ts'
import type { KubeTarget } from './kubectl.ts'
import { fetchNodeRanking } from './operatorApi.ts'
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

  async *rankings(nodes: readonly string[]): AsyncGenerator<NodeAnswer> {
    if (nodes.length === 0) return
    const answers: NodeAnswer[] = []
    try {
      await withOperator(this.#operator, async (reach) => {
        for (const node of nodes) answers.push(await this.#ask(await reach(), node))
      })
    } catch (error) {
      // Without an operator all else can be said.
      if (!isProgramError(error)) throw error
      answers.push({ node: nodes.join(', '), problem: messageOf(error) })
    }
    yield* answers
  }

  async #ask(operatorUrl: string, node: string): Promise<NodeAnswer> {
    try {
      return { node, ranking: await fetchNodeRanking(operatorUrl, { ...this.#operator, node, top: MAX_TOP_OF_NODE }) }
    } catch (error) {
      if (!isProgramError(error)) throw error
      return { node, problem: messageOf(error) }
    }
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
