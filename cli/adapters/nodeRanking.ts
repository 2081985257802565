import type { NodeRanking } from '../../operator/api/nodeRanking.ts'
import type { NodeQuestion } from '../ranking/nodeQuestion.ts'
import { fetchNodeRanking } from './operatorApi.ts'
import { withOperator } from './portForward.ts'

/** Asks the operator about a node as often as `use` wants. @throws ProgramError */
export async function withNodeRanking(
  question: NodeQuestion,
  use: (read: () => Promise<NodeRanking>) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  return withOperator(question, (reach) => use(async () => fetchNodeRanking(await reach(), question, signal)), signal)
}
