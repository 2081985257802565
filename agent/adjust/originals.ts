import * as z from 'zod'

/** What was there before: kept on disk before anything is written, and until it is given back. */
const containerOriginal = z.object({
  /** The score of the container's first process when it was first seen: what processes of ours inherited goes back to. */
  original: z.int().min(-1000).max(1000),
  /** Every score that was written in this container: a process that has one and no original of its own inherited it. */
  applied: z.array(z.int().min(-1000).max(1000)).max(100),
  /** Original score by process identity (`pid/startTicks`). */
  processes: z.record(z.string().max(40), z.int().min(-1000).max(1000)),
})
export type ContainerOriginal = z.infer<typeof containerOriginal>

/** When a file of originals was found damaged, in clock ticks since boot: what containers of then had before is not known. */
export const lostAtTicks = z.int().nonnegative()

/** What is kept of all containers. */
export interface Kept<T> {
  containers: T
  lostAtTicks?: number | undefined
}

/** A pid and its start time mean something within one boot only. */
const originals = z.object({
  version: z.literal(1),
  bootId: z.string().max(64),
  containers: z.record(z.string().max(64), containerOriginal),
  lostAtTicks: lostAtTicks.optional(),
})

/** By container id. */
export type Originals = Readonly<Record<string, ContainerOriginal>>

export function formatOriginals(bootId: string, kept: Kept<Originals>): string {
  return JSON.stringify(originals.parse({ version: 1, bootId, ...kept }))
}

export type ParsedOriginals = { ok: true; kept: Kept<Originals> } | { ok: false; reason: string }

/** Those of another boot are none: its processes are gone. */
export function parseOriginals(text: string, bootId: string): ParsedOriginals {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, reason: 'expected JSON' }
  }
  const result = originals.safeParse(value)
  if (!result.success) return { ok: false, reason: result.error.issues[0]?.message ?? 'expected originals' }
  const { containers, lostAtTicks: lostAt, bootId: of } = result.data
  return { ok: true, kept: of === bootId ? { containers, lostAtTicks: lostAt } : { containers: {} } }
}
