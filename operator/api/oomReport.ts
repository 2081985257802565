import * as z from 'zod'
import {
  ATOMIC_MAP,
  BY_COMMAND,
  MAX_LAST_KILLS,
  MAX_NAMED_COMMANDS,
  MAX_NAMED_NODES,
  SCOPE_COUNT,
  conditions,
  count,
  counts,
  killRecord,
  lastKill,
  text,
  time,
  trend,
  watermark,
} from './killRecord.ts'
import type { ReportKind } from './crd.ts'

/** Kills that left the last ones before it was known whether they are hidden. */
export const MAX_UNDECIDED = 24

export const hidden = z.enum(['Yes', 'No', 'Unknown'])

export const qosClass = z.enum(['Guaranteed', 'Burstable', 'BestEffort'])

export const oomReportSpec = z
  .object({
    workload: z.object({
      apiVersion: text(253).min(1),
      kind: text(63).min(1),
      name: text(253).min(1).meta({ description: 'What people deploy: the top controller of the pod, else the pod.' }),
    }),
    container: text(63).min(1),
  })
  .meta({
    description: 'Whose kills these are. Written once, by the operator.',
    'x-kubernetes-validations': [
      {
        rule: 'self == oldSelf',
        message: 'spec is immutable: a report belongs to one workload and container; delete it to start anew',
      },
    ],
  })
export type OomReportSpec = z.infer<typeof oomReportSpec>

export const containerKillRecord = killRecord.extend({
  hidden: hidden.meta({ description: 'Yes when Kubernetes did not report the container OOMKilled within 30 s.' }),
  hiddenReason: z.enum(['Undecided', 'NotReported', 'ReportedOOMKilled', 'PodForgotten', 'ContainerUnknown']),
  decidedAt: time.optional(),
  memoryLimit: text(32).optional().meta({
    description:
      "The container's, in force when it was killed: after a resize in place another than in the pod's spec.",
  }),
  memoryRequest: text(32).optional(),
  qosClass: qosClass.optional(),
  priorityClass: text(64).optional(),
  restarts: count.optional().meta({ description: 'How often the container had been started anew before.' }),
})
export type ContainerKillRecord = z.infer<typeof containerKillRecord>

const undecidedKill = z.object({ time, seenAt: time, podName: text(253), podUid: text(36), containerId: text(64) })
export type UndecidedKill = z.infer<typeof undecidedKill>

export const oomReportStatus = z
  .object({
    observedGeneration: count,
    workload: text(320).meta({ description: 'Kind/name, for `kubectl get`.' }),
    kills: count,
    hiddenKills: count.meta({ description: 'Kills that Kubernetes never showed.' }),
    reportedKills: count.meta({ description: 'Kills that Kubernetes showed as OOMKilled. The rest is not known.' }),
    firstSeen: time,
    lastSeen: time,
    byScope: counts(SCOPE_COUNT).meta({ description: 'Kills by whose memory ran out, together all kills.' }),
    byNode: counts(MAX_NAMED_NODES + 1).meta({
      description: `Kills by node, together all kills: the ${MAX_NAMED_NODES} nodes with the most by name, the rest under "(other)". A node that comes back from there starts anew, so that a named count is a least count.`,
    }),
    byCommand: counts(MAX_NAMED_COMMANDS + 1).meta({ description: BY_COMMAND }),
    killsLastDay: count.meta({ description: 'Kills in the current hour and the 23 before it: the sum of the trend.' }),
    trend,
    limitKib: count.optional().meta({ description: 'Of the newest kill that named one.' }),
    peakRssKib: count.optional().meta({ description: 'The largest victim.' }),
    last: lastKill.extend({ hidden }).meta(ATOMIC_MAP),
    lastKills: z.array(containerKillRecord).max(MAX_LAST_KILLS).meta({ 'x-kubernetes-list-type': 'atomic' }),
    undecided: z.array(undecidedKill).max(MAX_UNDECIDED).meta({
      'x-kubernetes-list-type': 'atomic',
      description: 'Kills no longer in lastKills of which it is not yet known whether they are hidden.',
    }),
    watermark,
    conditions,
  })
  .meta({
    'x-kubernetes-validations': [
      {
        rule: 'self.hiddenKills + self.reportedKills <= self.kills',
        message: 'hiddenKills and reportedKills together cannot exceed kills',
      },
    ],
  })
export type OomReportStatus = z.infer<typeof oomReportStatus>

export const oomReportKind: ReportKind = {
  kind: 'OOMReport',
  plural: 'oomreports',
  shortName: 'oomr',
  scope: 'Namespaced',
  description: 'What the kernel OOM killer took from one container of one workload.',
  spec: oomReportSpec,
  status: oomReportStatus,
  columns: [
    { name: 'Workload', type: 'string', jsonPath: '.status.workload' },
    { name: 'Container', type: 'string', jsonPath: '.spec.container' },
    { name: 'Kills', type: 'integer', jsonPath: '.status.kills' },
    {
      name: 'Hidden',
      type: 'integer',
      jsonPath: '.status.hiddenKills',
      description: 'Kills that Kubernetes never showed.',
    },
    { name: 'Last', type: 'date', jsonPath: '.status.lastSeen' },
    { name: 'Scope', type: 'string', jsonPath: '.status.last.scope' },
    { name: 'Victim', type: 'string', jsonPath: '.status.last.victim' },
    { name: 'Node', type: 'string', jsonPath: '.status.last.node' },
    { name: 'Limit', type: 'string', jsonPath: '.status.last.limit', priority: 1 },
    { name: 'RSS', type: 'string', jsonPath: '.status.last.rss', priority: 1 },
  ],
  selectableFields: [
    '.spec.workload.kind',
    '.spec.workload.name',
    '.spec.container',
    '.status.last.node',
    '.status.last.scope',
  ],
}
