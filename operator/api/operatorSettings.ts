import * as z from 'zod'

/** What `GET /api/v1/settings` answers: how far policies may go there. Version 1: fields may be added. */
export const operatorSettings = z
  .object({
    version: z.literal(1),
    namespace: z.string().meta({ description: 'Where oomkeeper itself runs: its own pods are touched by no policy.' }),
    protectedMemoryPercent: z.int().min(0).max(100).meta({
      description: "Of a node's allocatable memory: the limits of what policies protect there may add up to so much.",
    }),
    rollbackWindowSeconds: z.number().nonnegative().meta({
      description: 'A kill so long after a policy was first applied on its node takes it back there; 0: never.',
    }),
  })
  .meta({ id: 'OperatorSettings' })
export type OperatorSettings = z.infer<typeof operatorSettings>
