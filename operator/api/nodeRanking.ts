import * as z from 'zod'
import { rankedTask, rankingFacts, rankScope } from '#contract/rank.ts'

/** What `GET /api/v1/rank` answers: a node's live ranking, with the names that the cluster has for its pods. */
export const nodeRanking = z.object({
  version: z.literal(1),
  node: z.string(),
  scannedAt: z.string(),
  scope: rankScope.optional(),
  ...rankingFacts.shape,
  candidates: z.array(
    rankedTask.extend({
      /** Absent for a process outside of pods, and for a pod that is not known or not bound to this node. */
      namespace: z.string().optional(),
      podName: z.string().optional(),
      containerName: z.string().optional(),
    }),
  ),
})
export type NodeRanking = z.infer<typeof nodeRanking>
