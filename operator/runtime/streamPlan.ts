import {
  AUDIT_STREAM,
  AUDIT_SUBJECTS,
  KILL_STREAM,
  KILL_SUBJECTS,
  STATUS_STREAM,
  STATUS_SUBJECTS,
} from '#contract/subjects.ts'

export const REJECT_STREAM = 'OOM_REJECTS'
/** Where the stream keeps the random half of its identity. */
export const STREAM_ID_KEY = 'oomkeeper.io/stream-id'

const DAY_NS = 86_400_000_000_000

/** The part of a JetStream stream's configuration that is ours to say. */
export interface StreamPlan {
  name: string
  description: string
  subjects: string[]
  retention: 'limits'
  storage: 'file'
  discard: 'new' | 'old'
  discard_new_per_subject: boolean
  max_msgs_per_subject: number
  /** Nanoseconds. */
  max_age: number
  max_bytes: number
  allow_direct: boolean
  /** How many servers of a cluster hold it; where it is not said, a new one has one, and what is there stays. */
  num_replicas?: number
}

/**
 * `discard: new` and one message per subject: a kill that is stored is never pushed out, and is stored once.
 */
export function killStreamPlan(maxBytes: number): StreamPlan {
  return {
    name: KILL_STREAM,
    description: 'oomkeeper: one message per kill line, one subject each',
    subjects: [KILL_SUBJECTS],
    retention: 'limits',
    storage: 'file',
    discard: 'new',
    discard_new_per_subject: true,
    max_msgs_per_subject: 1,
    max_age: 7 * DAY_NS,
    max_bytes: maxBytes,
    allow_direct: true,
  }
}

/** What could not be counted, for a person to look at: the newest are kept. */
export const rejectStreamPlan: StreamPlan = {
  name: REJECT_STREAM,
  description: 'oomkeeper: kill events that could not be counted, with the reason',
  subjects: ['oom.v1.reject.*'],
  retention: 'limits',
  storage: 'file',
  discard: 'old',
  discard_new_per_subject: false,
  max_msgs_per_subject: -1,
  max_age: 7 * DAY_NS,
  max_bytes: 64 * 1024 * 1024,
  allow_direct: true,
}

/** What each node's agent said last. */
export const statusStreamPlan: StreamPlan = {
  name: STATUS_STREAM,
  description: 'oomkeeper: what each node made of its desired state, the last word of each',
  subjects: [STATUS_SUBJECTS],
  retention: 'limits',
  storage: 'file',
  discard: 'old',
  discard_new_per_subject: false,
  max_msgs_per_subject: 1,
  max_age: DAY_NS,
  max_bytes: 256 * 1024 * 1024,
  allow_direct: true,
}

/** Each write of an agent's to a process or a cgroup, for people and their tools: oomkeeper itself does not read it. */
export const auditStreamPlan: StreamPlan = {
  name: AUDIT_STREAM,
  description: 'oomkeeper: each score that an agent wrote, what it was before, and for which policy',
  subjects: [AUDIT_SUBJECTS],
  retention: 'limits',
  storage: 'file',
  discard: 'old',
  discard_new_per_subject: false,
  max_msgs_per_subject: -1,
  max_age: 30 * DAY_NS,
  max_bytes: 256 * 1024 * 1024,
  allow_direct: true,
}

/** The plan with so many replicas; without a number, whatever the stream has. */
export function withReplicas(plan: StreamPlan, replicas: number | undefined): StreamPlan {
  return replicas === undefined ? plan : { ...plan, num_replicas: replicas }
}

/** Changed on a living stream, one of these could lose kills that are in it: for a person to decide. */
const DANGEROUS = [
  'subjects',
  'retention',
  'storage',
  'discard',
  'discard_new_per_subject',
  'max_msgs_per_subject',
] as const
const SAFE = ['description', 'max_age', 'max_bytes', 'allow_direct', 'num_replicas'] as const

export type StreamChange =
  | { kind: 'none' }
  | { kind: 'update'; fields: readonly string[] }
  | { kind: 'danger'; differences: readonly string[] }

/** How an existing stream gets to where the plan wants it. */
export function planStreamChange(existing: Partial<Record<string, unknown>>, plan: StreamPlan): StreamChange {
  // The server leaves a flag out that is false.
  const differs = (field: keyof StreamPlan): boolean =>
    plan[field] !== undefined && JSON.stringify(existing[field] ?? false) !== JSON.stringify(plan[field])
  const differences = DANGEROUS.filter(differs).map(
    (field) => `${field}: expected ${JSON.stringify(plan[field])}, got ${JSON.stringify(existing[field])}`,
  )
  if (existing['sealed'] === true) differences.push('sealed: expected false, got true')
  if (existing['mirror'] !== undefined || existing['sources'] !== undefined) {
    differences.push('sources: expected none, got a mirror or sources')
  }
  if (differences.length > 0) return { kind: 'danger', differences }
  const fields = SAFE.filter(differs)
  return fields.length === 0 ? { kind: 'none' } : { kind: 'update', fields }
}
