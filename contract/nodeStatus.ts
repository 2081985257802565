import * as z from 'zod'
import { decodeVersioned } from './decodeVersioned.ts'
import { policyIdentity } from './desiredRule.ts'
import { MAX_CONTAINER_RULES, MAX_DESIRED_CONTAINERS, MAX_DESIRED_RULES } from './desiredState.ts'

/**
 * What an agent says about its node, on `statusSubject(node)`, as JSON, every 30 s and on change. Version 2: optional
 * fields, and reasons, may be added.
 */

export const STATUS_VERSION = 2
/** A container's outcomes: of each of its rules, each with its reason. */
export const MAX_OUTCOMES = 2 * MAX_CONTAINER_RULES
/** Of all containers: more would not fit into one message of NATS (1 MiB). */
export const MAX_ALL_OUTCOMES = 12_000
export const MAX_REASONS = 100
export const MAX_MESSAGE_CHARS = 300

/**
 * What became of a rule at processes of a container. `applied`: they have the score. `failed`: they were to have it and do
 * not. `conflict`: somebody else writes them again and again. `skipped`: the rule does not decide there, and why. `would`:
 * it only audits, and would decide.
 */
export const ruleOutcome = z.enum(['applied', 'failed', 'conflict', 'skipped', 'would'])
export type RuleOutcome = z.infer<typeof ruleOutcome>

/** What an agent may write: nothing; scores, upward and back; scores either way and memory.oom.group. */
export const agentMode = z.enum(['detect', 'raise', 'full'])
export type AgentMode = z.infer<typeof agentMode>

/** Why, in one word for machines (CamelCase) and in one sentence for people. */
const statusReason = z.object({
  reason: z.string().regex(/^[A-Z][A-Za-z0-9]{0,63}$/),
  message: z.string().max(MAX_MESSAGE_CHARS),
})
export type StatusReason = z.infer<typeof statusReason>

const containerOutcome = z.object({
  /** A place in the status's `rules`. */
  rule: z.int().nonnegative(),
  outcome: ruleOutcome,
  /** So many; 0 where it is about the container as a whole. */
  processes: z.int().nonnegative(),
  /** A place in the status's `reasons`. */
  reason: z.int().nonnegative().optional(),
})
export type ContainerOutcome = z.infer<typeof containerOutcome>

const containerStatus = z.object({
  containerId: z.string().regex(/^[0-9a-f]{64}$/),
  outcomes: z.array(containerOutcome).max(MAX_OUTCOMES),
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
  /** Kill lines read, each once; a victim of a group kill may have two, and counts twice in the kernel too. */
  killLines: count,
  /** Kills whose lines were overwritten in the kernel's ring before they could be read. */
  killsLost: count,
  /** Of the lost ones, those that a cgroup's memory.events tells. */
  killsRecovered: count,
  /** Kills that were read and given up before they were stored: the spool was full, or they were a day old. */
  killsDropped: count,
  /** Kills for which nobody knows a reason why they have no line; negative when there are more lines than kills. */
  killsUnseen: z.int(),
  /** Of the lines that this agent has read, those of other nodes, which share the kernel; absent where none does. */
  killsForeign: count.optional(),
})
export type Completeness = z.infer<typeof completeness>

export const nodeStatus = z.object({
  version: z.literal(STATUS_VERSION),
  node: z.string().min(1).max(253),
  reportedAt: z.iso.datetime({ precision: 3 }),
  /** Absent: the agent is older than modes, and writes. */
  mode: agentMode.optional(),
  /** Of the desired state that this is about, in its bucket; 0 where there was never one, absent where none is applied. */
  desiredRevision: z.int().nonnegative().optional(),
  /** The policies that the outcomes are about, as the agent knew them. */
  rules: z.array(policyIdentity).max(MAX_DESIRED_RULES),
  /** Each reason once, however many containers have it. */
  reasons: z.array(statusReason).max(MAX_REASONS),
  /** One for each container of the desired state that is there or should be. */
  containers: z.array(containerStatus).max(MAX_DESIRED_CONTAINERS),
  /** Containers whose outcomes had no room. */
  untold: z.int().positive().optional(),
  /** Containers with a score of ours that is desired no more and could not be given back yet. */
  restoring: z.int().nonnegative().optional(),
  /** Since when the desired state can be read no more, or is refused; absent while it is as it should be. */
  heldSince: z.iso.datetime({ precision: 3 }).optional(),
  /** Absent where the kernel does not count kills, and before the first look. */
  completeness: completeness.optional(),
})
export type NodeStatus = z.infer<typeof nodeStatus>

/** @throws z.ZodError when the status does not fit its own schema: a defect of the writer. */
export function encodeNodeStatus(status: NodeStatus): string {
  return JSON.stringify(nodeStatus.parse(status))
}

export type DecodedNodeStatus = { ok: true; status: NodeStatus } | { ok: false; reason: string }

/** Parses an untrusted payload. The reason says what was expected and what came, in one line. */
export function decodeNodeStatus(text: string): DecodedNodeStatus {
  const decoded = decodeVersioned(nodeStatus, STATUS_VERSION, text, 'the agent', 'this operator')
  return decoded.ok ? { ok: true, status: decoded.value } : decoded
}
