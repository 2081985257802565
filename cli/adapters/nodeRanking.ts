import type { NodeRanking } from '../../operator/api/nodeRanking.ts'
import type { NodeQuestion } from '../ranking/nodeQuestion.ts'
import { fetchNodeRanking } from './operatorApi.ts'
import { withPortForward } from './portForward.ts'

/** Asks the operator about a node as often as `use` wants. @throws ProgramError */
export async function withNodeRanking(
  question: NodeQuestion,
  use: (read: () => Promise<NodeRanking>) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { operatorUrl, namespace, context, kubeconfig } = question
  if (operatorUrl !== undefined) return use(() => fetchNodeRanking(operatorUrl, question, signal))
  return withPortForward(
    { namespace, context, kubeconfig },
    (reach) => use(async () => fetchNodeRanking(await reach(), question, signal)),
    signal,
  )
}
