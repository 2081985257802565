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
const command = z.string().max(64)
/** An absolute path below the root of the hierarchy. */
const cgroupPath = z.string().regex(/^\//).max(4096)
const podUid = z.string().regex(/^[0-9a-f-]{32,36}$/)

/** Whose memory is asked about. */
export const rankScope = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('node') }),
  z.object({ kind: z.literal('cgroup'), path: cgroupPath }),
  /** By its UID, as the cgroup path has it. */
  z.object({ kind: z.literal('pod'), uid: podUid }),
  /** By its id, or how it begins. */
  z.object({ kind: z.literal('container'), id: z.string().regex(/^[0-9a-f]{8,64}$/) }),
])
export type RankScope = z.infer<typeof rankScope>

export const rankRequest = z.object({
  version: z.literal(1),
  top: z.int().min(1).max(MAX_RANK_ROWS),
  /** The node, where it is absent. An agent that does not know it ranks the node, and its answer says no scope. */
  scope: rankScope.optional(),
})
export type RankRequest = z.infer<typeof rankRequest>

export const rankedTask = z.object({
  pid: count,
  command,
  oomScore: count.max(2000),
  oomScoreAdj: z.int().min(-1000).max(1000),
  /** Memory is absent where the thread group's leader has exited; what makes it up, before 4.5. */
  rssKib: count.optional(),
  anonRssKib: count.optional(),
  fileRssKib: count.optional(),
  shmemRssKib: count.optional(),
  swapKib: count.optional(),
  pgtablesKib: count.optional(),
  /** The kernel's own points, within what ran out; below 0 where oom_score_adj puts it there. */
  badnessPages: z.int().optional(),
  /** What its end gives back for sure: anonymous memory, swap and page tables. */
  freesKib: count.optional(),
  uid: count.optional(),
  cgroupPath: cgroupPath.optional(),
  podUid: podUid.optional(),
  containerId: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** The cgroup whose processes all go with this one (memory.oom.group); told where `knowsGroups` is. */
  groupKillPath: cgroupPath.optional(),
})
export type RankedTaskRow = z.infer<typeof rankedTask>

/** What a ranking is about. Each may be absent in the answer of an older agent. */
export const rankingFacts = z.object({
  kernelRelease: z.string().max(64).optional(),
  pageSizeKib: z.int().min(1).max(1024).optional(),
  /** Those that the killer never takes among them. */
  processCount: count,
  domain: z
    .object({
      /** Absent: the whole node. */
      cgroupPath: cgroupPath.optional(),
      /** Whose limit its processes hit first, itself or an ancestor; absent: the machine's memory. */
      limitCgroupPath: cgroupPath.optional(),
      limitKib: count.optional(),
      usageKib: count.optional(),
      /** What oom_score_adj is a share of. */
      totalKib: count.optional(),
    })
    .optional(),
  /** A sysctl that makes the kernel choose otherwise than by points, or nobody. */
  overruledBy: z.enum(['panicOnOom', 'oomKillAllocatingTask']).optional(),
  /** The cgroup whose processes all go with the likeliest victim (memory.oom.group). */
  groupKillPath: cgroupPath.optional(),
  /** The same is told of each process, where it is so. */
  knowsGroups: z.boolean().optional(),
  neverChosen: z
    .object({
      init: z.boolean(),
      kernelThreadCount: count,
      protectedCount: count,
      protectedCommands: z.array(command).max(8),
      withoutMemoryCount: count,
    })
    .optional(),
})
export type RankingFacts = z.infer<typeof rankingFacts>

export const rankAnswer = z.discriminatedUnion('kind', [
  z.object({
    version: z.literal(1),
    kind: z.literal('ranking'),
    node: z.string().min(1).max(253),
    /** When the processes were read: up to a second before the answer. */
    scannedAt: z.iso.datetime({ precision: 3 }),
    scope: rankScope.optional(),
    ...rankingFacts.shape,
    /** The likeliest victim first. */
    tasks: z.array(rankedTask).max(MAX_RANK_ROWS),
  }),
  z.object({
    version: z.literal(1),
    kind: z.literal('refused'),
    node: z.string().min(1).max(253),
    /** `ScopeEmpty`, say, where it is one that was foreseen. */
    code: z.string().max(64).optional(),
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
