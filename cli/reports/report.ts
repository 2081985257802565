import * as z from 'zod'
import type { ReportKind } from './reference.ts'

/*
 * Reports as they are read here: whatever does not fit is not there, so that a report of another version, or one that
 * somebody edited, is shown as far as it is understood.
 */
const text = z.string().optional().catch(undefined)
const count = z.number().nonnegative().optional().catch(undefined)
const counts = z.record(z.string(), z.number()).catch({})

const kill = z.object({
  time: text,
  seenAt: text,
  node: text,
  bootId: text,
  sequence: count,
  recoveredAs: text,
  podName: text,
  victimPid: count,
  victimCommand: text,
  victimRssKib: count,
  trigger: text,
  scope: text,
  limitKib: count,
  memoryLimit: text,
  memoryRequest: text,
  qosClass: text,
  priorityClass: text,
  restarts: count,
  source: text,
  candidates: text,
  verdict: text,
  memory: text,
  prediction: text,
  hidden: text,
  hiddenReason: text,
  reason: text,
  detail: text,
  cgroupPath: text,
})
export type ReportedKill = z.infer<typeof kill>

const condition = z.object({ type: text, status: text, reason: text, message: text })

const series = z.union([
  z
    .string()
    .regex(/^\d{1,15}( \d{1,15}){0,47}$/)
    .transform((counts) => counts.split(' ').map(Number)),
  // As an earlier version wrote it.
  z.array(z.number().nonnegative()).max(48),
])
const trend = z.object({ hour: z.string(), kills: series, perDay: series.optional().catch(undefined) })

const schema = z.object({
  kind: z.enum(['OOMReport', 'NodeOOMReport']),
  metadata: z.object({ name: z.string(), namespace: text, creationTimestamp: text }),
  spec: z
    .object({
      workload: z.object({ kind: text, name: text }).catch({ kind: undefined, name: undefined }).optional(),
      container: text,
      node: text,
    })
    .catch({ container: undefined, node: undefined }),
  status: z
    .object({
      kills: count,
      hiddenKills: count,
      withoutVictim: count,
      firstSeen: text,
      lastSeen: text,
      byScope: counts,
      byNode: counts,
      byReason: counts,
      byCommand: counts,
      trend: trend.optional().catch(undefined),
      limitKib: count,
      peakRssKib: count,
      last: z.object({ scope: text, victim: text, node: text, limit: text, rss: text, reason: text }).catch({
        scope: undefined,
        victim: undefined,
        node: undefined,
        limit: undefined,
        rss: undefined,
        reason: undefined,
      }),
      lastKills: z.array(kill.catch(kill.parse({}))).catch([]),
      lastRejects: z
        .array(z.object({ seenAt: text, detail: text }).catch({ seenAt: undefined, detail: undefined }))
        .catch([]),
      conditions: z
        .array(condition.catch({ type: undefined, status: undefined, reason: undefined, message: undefined }))
        .catch([]),
    })
    .optional()
    .catch(undefined),
})

export type ReportStatus = NonNullable<z.infer<typeof schema>['status']>
export type Trend = z.infer<typeof trend>

export interface Report {
  kind: ReportKind
  name: string
  namespace: string | undefined
  /** `Deployment/web`, or `Node/node-a`. */
  workload: string
  container: string | undefined
  /** undefined until the operator has counted something. */
  status: ReportStatus | undefined
}

/** @returns undefined where it is no report at all. */
export function parseReport(object: unknown): Report | undefined {
  const parsed = schema.safeParse(object)
  if (!parsed.success) return undefined
  const { kind, metadata, spec, status } = parsed.data
  const workload =
    kind === 'NodeOOMReport'
      ? `Node/${spec.node ?? metadata.name}`
      : `${spec.workload?.kind ?? '?'}/${spec.workload?.name ?? '?'}`
  return { kind, name: metadata.name, namespace: metadata.namespace, workload, container: spec.container, status }
}
