import type { NodeRanking } from '../../operator/api/nodeRanking.ts'
import { fetchNodeRanking } from './operatorApi.ts'
import { withPortForward } from './portForward.ts'

/** @param operatorUrl without one, the operator is reached by kubectl port-forward. */
export async function readNodeRanking(
  node: string,
  top: number,
  operatorUrl: string | undefined,
  namespace: string,
): Promise<NodeRanking> {
  if (operatorUrl !== undefined) return fetchNodeRanking(operatorUrl, node, top)
  return withPortForward(namespace, (url) => fetchNodeRanking(url, node, top))
}
