import * as z from 'zod'

const count = z.int().nonnegative()

/** More cgroups with kills are not kept over a restart: then none are. */
export const MAX_SAVED_CGROUPS = 500

/** What of the cgroups' counts was explained, kept over restarts of the agent. A cgroup that is not here had counted none. */
export const savedCounts = z.object({
  /** The kernel's count, as far as these are explained. */
  told: count,
  /** Lines may have been lost since. */
  isDoubtful: z.boolean(),
  cgroups: z
    .array(
      z.object({
        path: z.string().max(4096),
        /** The cgroup's number, which is no other's until the node boots: it may be removed and made again. */
        id: z.string().regex(/^\d{1,20}$/),
        kills: count,
      }),
    )
    .max(MAX_SAVED_CGROUPS),
})
export type SavedCounts = z.infer<typeof savedCounts>
