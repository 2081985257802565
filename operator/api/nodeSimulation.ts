import * as z from 'zod'
import { nodeRanking } from './nodeRanking.ts'

const count = z.int().nonnegative()
const task = nodeRanking.shape.candidates.element

/** What `GET /api/v1/simulate` answers: whom the kernel would kill on a node, and whom next. */
export const nodeSimulation = nodeRanking
  .omit({ candidates: true })
  .extend({
    untilKib: count.optional().meta({ description: 'How much was to come free.' }),
    reached: z.boolean().meta({ description: 'Whether so much came free; without untilKib, whether nobody is left.' }),
    isWhole: z.boolean().meta({
      description: 'Whether all who may be chosen are known here: a node tells its 50 likeliest victims.',
    }),
    unknownCount: count.meta({ description: 'Left out here, and not by the kernel: their memory cannot be told.' }),
    kills: z.array(
      z.object({
        victim: task,
        others: z
          .array(task)
          .meta({ description: 'Its cgroup goes as a whole (memory.oom.group); without the victim.' }),
        freesKib: count.meta({ description: 'What their end gives back for sure.' }),
        freedKib: count.meta({ description: 'Since the first kill, this one included.' }),
      }),
    ),
  })
  .meta({ id: 'NodeSimulation' })
export type NodeSimulation = z.infer<typeof nodeSimulation>
