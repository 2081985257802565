import * as z from 'zod'
import { foresight, groupKill, killContext } from './killContext.ts'

/**
 * What an agent says about one kill line, on `killSubject(…)`, as JSON. Version 1: fields may be added, never
 * changed or removed; a reader ignores the ones that it does not know.
 * Every text and list is bounded, since all of it descends from text that a process may choose.
 */

/** Kernel text after unescaping. A command is 15 bytes; older kernels and escapes make it longer, never this long. */
const command = z.string().max(64)
const cgroupPath = z.string().min(1).max(4096)
const count = z.int().nonnegative()
const podUid = z.string().regex(/^[0-9a-fA-F-]{32,36}$/)
const containerId = z.string().regex(/^[0-9a-f]{64}$/)
const oomScoreAdj = z.int().min(-1000).max(1000)

export const constraint = z.enum(['None', 'Cpuset', 'MemoryPolicy', 'Memcg'])

/** Whose memory ran out, as an operator of the cluster would say it. */
export const killScope = z.enum([
  'ContainerLimit',
  'PodLimit',
  'Kubepods',
  'Node',
  'HostCgroup',
  'Cpuset',
  'MemoryPolicy',
  'Unknown',
])
export type KillScope = z.infer<typeof killScope>

const trigger = z.object({
  command,
  pid: count.optional(),
  gfpMask: z
    .string()
    .regex(/^0x[0-9a-f]{1,16}$/)
    .optional(),
  gfpFlags: z.array(z.string().max(40)).max(40).optional(),
  order: z.int().min(-1).max(64).optional(),
  oomScoreAdj: oomScoreAdj.optional(),
})

const victim = z.object({
  pid: count,
  command,
  uid: count.optional(),
  totalVmKib: count.optional(),
  anonRssKib: count.optional(),
  fileRssKib: count.optional(),
  shmemRssKib: count.optional(),
  pgtablesKib: count.optional(),
  oomScoreAdj: oomScoreAdj.optional(),
})

/**
 * `dump`: the kernel's own task_memcg; `group`: the cgroup that it said to kill whole. Where it printed neither: `proc`,
 * /proc/PID/cgroup after the kill line; `cache`, the same from before the kill; `parent`, its parent's container; `counter`, the
 * one cgroup whose count of kills has grown. `none`: nobody could say (docs/attribution.md).
 */
export const attributionSource = z.enum(['dump', 'group', 'proc', 'cache', 'parent', 'counter', 'none'])

/** Where the victim was. Absent fields are unknown; no `podUid` with a `cgroupPath` means outside any pod. */
const attribution = z.object({
  source: attributionSource,
  cgroupPath: cgroupPath.optional(),
  podUid: podUid.optional(),
  containerId: containerId.optional(),
  qosClass: z.enum(['Guaranteed', 'Burstable', 'BestEffort']).optional(),
})
export type Attribution = z.infer<typeof attribution>

/** Who was in line, best candidate first, by the kernel's own badness. */
const candidate = z.object({
  pid: count,
  command,
  uid: count,
  totalVmPages: count,
  rssPages: count,
  swapPages: count.optional(),
  pgtablesBytes: count.optional(),
  oomScoreAdj: oomScoreAdj.optional(),
  badnessPages: z.int(),
  /** /proc/PID/oom_score when the event was written; absent for a process that was gone by then. */
  liveOomScore: count.optional(),
  podUid: podUid.optional(),
  containerId: containerId.optional(),
})
export type KillCandidate = z.infer<typeof candidate>

/**
 * `dump`: the kernel's own task table, the victim included; absent from older writers too. Where it printed none, by /proc
 * after the kill and without the victim: `liveCgroup`, the processes in the victim's own cgroup and below, for a cgroup's
 * limit (the line does not tell which: the victim's own or one above), with badness that leaves oom_score_adj out;
 * `liveNode`, all of the node, for memory that is no cgroup's (a cpuset's or memory policy's too: the line does not tell).
 */
export const candidatesFrom = z.enum(['dump', 'liveCgroup', 'liveNode'])

/** The cgroup whose limit was hit, and what it held against that limit. */
const domain = z.object({
  cgroupPath: cgroupPath.optional(),
  usageKib: count.optional(),
  limitKib: count.optional(),
  swapUsageKib: count.optional(),
  swapLimitKib: count.optional(),
})

export const MAX_CANDIDATES = 20
/** Base64 of a gzip of at most 256 KiB. */
export const MAX_RAW_DUMP_CHARS = 350_000

export const killEvent = z
  .object({
    version: z.literal(1),
    node: z.string().min(1).max(253),
    bootId: z.uuid(),
    /** kmsg sequence of the deciding line: with node and boot, the kill's identity. */
    sequence: count,
    /** kmsg sequence shared by all victims of one invocation of the killer. */
    eventSequence: count,
    /**
     * kmsg sequence of the line that told this victim before: a group's kill may print, and the kernel count, a victim
     * twice, the second time by the pid of one of its threads. To be stored, and not to be counted.
     */
    repeats: count.optional(),
    /** Wall clock, from the line's time stamp. */
    killedAt: z.iso.datetime({ precision: 3 }),
    monotonicUsec: count,
    /**
     * `recording`: replayed from a file, never to be taken for a kill that this node saw. `memoryEvents`: its line is lost, and
     * its cgroup's own count tells that it was; `sequence` and `eventSequence` are 0, who it was and when is not known.
     */
    source: z.enum(['kmsg', 'recording', 'memoryEvents']),
    /** The identity of a kill without a line: its cgroup's number, and which of the cgroup's kills it is. */
    recoveredAs: z
      .string()
      .regex(/^m-\d{1,20}-\d{1,15}$/)
      .optional(),
    outcome: z.enum(['killed', 'noKillable', 'panic']),
    kernelRelease: z.string().max(128).optional(),
    constraint: constraint.optional(),
    scope: killScope,
    trigger: trigger.optional(),
    victim: victim.optional(),
    attribution,
    domain,
    candidates: z.array(candidate).max(MAX_CANDIDATES),
    candidatesFrom: candidatesFrom.optional(),
    /** Rows in the dump's task table, or live processes in line; the candidates are the best of them. */
    taskCount: count,
    pageSizeKib: z.int().min(1).max(1024),
    /** The kernel's own lines, gzip then base64; absent when nothing but the kill line was printed. */
    rawDump: z.base64().max(MAX_RAW_DUMP_CHARS).optional(),
    rawDumpTruncated: z.boolean().optional(),
    /** Absent for a kill of one process, as far as is known, and from older writers. */
    groupKill: groupKill.optional(),
    context: killContext.optional(),
    foresight: foresight.optional(),
  })
  .refine((event) => event.outcome !== 'killed' || event.victim !== undefined || event.source === 'memoryEvents', {
    path: ['victim'],
    message: 'expected a victim for outcome "killed", got none',
  })
  .refine((event) => (event.source === 'memoryEvents') === (event.recoveredAs !== undefined), {
    path: ['recoveredAs'],
    message: 'expected it for source "memoryEvents", and only there',
  })
export type KillEvent = z.infer<typeof killEvent>

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** @throws z.ZodError when the event does not fit its own schema: a defect of the writer, found before it travels. */
export function encodeKillEvent(event: KillEvent): Uint8Array {
  return encoder.encode(JSON.stringify(killEvent.parse(event)))
}

export type DecodedKillEvent = { ok: true; event: KillEvent } | { ok: false; reason: string }

/** Parses an untrusted payload. The reason says what was expected and what came, in one printable line. */
export function decodeKillEvent(payload: Uint8Array): DecodedKillEvent {
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(payload))
  } catch (error) {
    return {
      ok: false,
      reason: `expected JSON, got ${payload.length} bytes that are not: ${String(error).slice(0, 200)}`,
    }
  }
  const result = killEvent.safeParse(value)
  if (result.success) return { ok: true, event: result.data }
  const issues = result.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || '(event)'}: ${issue.message}`)
  return { ok: false, reason: issues.join('; ').slice(0, 1000) }
}
