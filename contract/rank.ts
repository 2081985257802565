import * as z from 'zod'
import { nodeToken } from './subjects.ts'

/**
 * A node's live ranking, asked for by the operator and answered by the agent, as JSON on `rankSubject(node)`.
 * Version 1: fields may be added, never changed or removed. Everything is bounded: a process chooses its own command.
 */
export const MAX_RANK_ROWS = 50

/** A service of account NODES that account OOM imports: permissions bind the answer to the node. */
export function rankSubject(node: string): string {
  return `oom.v1.rank.${nodeToken(node)}`
}

const count = z.int().nonnegative()

export const rankRequest = z.object({ version: z.literal(1), top: z.int().min(1).max(MAX_RANK_ROWS) })
export type RankRequest = z.infer<typeof rankRequest>

export const rankedTask = z.object({
  pid: count,
  command: z.string().max(64),
  oomScore: count.max(2000),
  oomScoreAdj: z.int().min(-1000).max(1000),
  /** Absent where the thread group's leader has exited. */
  rssKib: count.optional(),
  podUid: z
    .string()
    .regex(/^[0-9a-f-]{32,36}$/)
    .optional(),
  containerId: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
})
export type RankedTaskRow = z.infer<typeof rankedTask>

export const rankAnswer = z.discriminatedUnion('kind', [
  z.object({
    version: z.literal(1),
    kind: z.literal('ranking'),
    node: z.string().min(1).max(253),
    /** When the processes were read: up to a second before the answer. */
    scannedAt: z.iso.datetime({ precision: 3 }),
    processCount: count,
    /** The likeliest victim first. */
    tasks: z.array(rankedTask).max(MAX_RANK_ROWS),
  }),
  z.object({
    version: z.literal(1),
    kind: z.literal('refused'),
    node: z.string().min(1).max(253),
    reason: z.string().max(1000),
  }),
])
export type RankAnswer = z.infer<typeof rankAnswer>

/** Parses an untrusted payload; undefined when it does not fit. */
export function decodeRank<T>(schema: z.ZodType<T>, payload: Uint8Array): T | undefined {
  try {
    return schema.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))).data
  } catch {
    return undefined
  }
}

export function encodeRank(message: RankRequest | RankAnswer): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message))
}
