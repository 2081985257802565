import * as z from 'zod'
import { MAX_DESIRED_CONTAINERS } from './desiredState.ts'

/** What an agent says about its node, on `statusSubject(node)`, as JSON, every 30 s and on change. Version 1. */

/** `ContainerAbsent`: no such cgroup on the node, yet or any more. `KernelRefused`: it takes a right that the agent lacks. */
export const adjustReason = z.enum(['ContainerAbsent', 'KernelRefused', 'WriteFailed'])

const containerStatus = z.object({
  containerId: z.string().regex(/^[0-9a-f]{64}$/),
  policy: z.string().min(1).max(253),
  oomScoreAdj: z.int().min(-1000).max(1000),
  outcome: z.enum(['applied', 'failed']),
  reason: adjustReason.optional(),
  message: z.string().max(300).optional(),
})
export type ContainerStatus = z.infer<typeof containerStatus>

const count = z.int().nonnegative()

/**
 * Whether every kill of this boot is accounted for, by the kernel's own counter: at rest
 * `kernelKills = killsBefore + killLines + killsLost + killsUnseen`.
 */
const completeness = z.object({
  bootId: z.uuid(),
  /** `oom_kill` of /proc/vmstat: kills since boot. */
  kernelKills: count,
  /** Of these, those whose lines were overwritten before the first agent of this boot began to read. */
  killsBefore: count,
  /** Kill lines read, each once; the first victim of a group kill may have two, and counts twice in the kernel too. */
  killLines: count,
  /** Kills whose lines were overwritten in the kernel's ring before they could be read. */
  killsLost: count,
  /** Of the lost ones, those that a cgroup's memory.events tells. */
  killsRecovered: count,
  /** Kills that were read and given up before they were stored: the spool was full, or they were a day old. */
  killsDropped: count,
  /** Kills for which nobody knows a reason why they have no line; negative when there are more lines than kills. */
  killsUnseen: z.int(),
})
export type Completeness = z.infer<typeof completeness>

export const nodeStatus = z.object({
  version: z.literal(1),
  node: z.string().min(1).max(253),
  reportedAt: z.iso.datetime({ precision: 3 }),
  /** Of the desired state that this is about, in its bucket; 0 where there was never one, absent where none is applied. */
  desiredRevision: z.int().nonnegative().optional(),
  /** One for each container of the desired state that is there or should be. */
  containers: z.array(containerStatus).max(MAX_DESIRED_CONTAINERS),
  /** Containers that are desired no more and could not be given back yet. */
  restoring: z.int().nonnegative().optional(),
  /** Absent where the kernel does not count kills, and before the first look. */
  completeness: completeness.optional(),
})
export type NodeStatus = z.infer<typeof nodeStatus>

/** @throws z.ZodError when the status does not fit its own schema: a defect of the writer. */
export function encodeNodeStatus(status: NodeStatus): string {
  return JSON.stringify(nodeStatus.parse(status))
}

/** Parses an untrusted payload. @returns undefined for what is no status. */
export function decodeNodeStatus(text: string): NodeStatus | undefined {
  try {
    return nodeStatus.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
