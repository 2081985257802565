import * as z from 'zod'
import {
  ATOMIC_MAP,
  BY_COMMAND,
  MAX_LAST_KILLS,
  MAX_NAMED_COMMANDS,
  MAX_NAMED_NODES,
  SCOPE_COUNT,
  conditionsOf,
  count,
  counts,
  firstSeen,
  killRecord,
  killsLastDay,
  lastKill,
  lastSeen,
  observedGeneration,
  peakRssKib,
  text,
  time,
  trend,
  watermark,
} from './killRecord.ts'
import type { ReportKind } from './crd.ts'
import { KILLS, LAST, LAST_DAY, LIMIT, RECURRING, RSS, SCOPE, VICTIM } from './sharedColumns.ts'

/** Kills that left the last ones before it was known whether they are hidden. */
export const MAX_UNDECIDED = 24

export const hidden = z.enum(['Yes', 'No', 'Unknown']).meta({
  description: 'Whether Kubernetes hid the kill: Yes when it did not report the container OOMKilled within 30 s.',
})

export const qosClass = z.enum(['Guaranteed', 'Burstable', 'BestEffort'])

export const oomReportSpec = z
  .object({
    workload: z
      .object({
        apiVersion: text(253).min(1).meta({ description: 'Group and version of its kind.' }),
        kind: text(63)
          .min(1)
          .meta({ description: 'Its kind: Deployment, StatefulSet, DaemonSet, CronJob, Job, Pod, or another.' }),
        name: text(253).min(1).meta({ description: 'Its name.' }),
      })
      .meta({ description: 'What people deploy: the top controller of the pod, else the pod.' }),
    container: text(63).min(1).meta({
      description: 'The container of the pod; "(unknown)" for kills of which it is not known.',
    }),
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
  hidden,
  hiddenReason: z.enum(['Undecided', 'NotReported', 'ReportedOOMKilled', 'PodForgotten', 'ContainerUnknown']).meta({
    description:
      'Why. Undecided: the 30 s are not over. NotReported, ReportedOOMKilled: by the container’s status. PodForgotten: the pod was gone before anybody could see. ContainerUnknown: which container it was is not known.',
  }),
  decidedAt: time.optional().meta({ description: "When that was decided, by the operator's clock." }),
  memoryLimit: text(32).optional().meta({
    description:
      "Memory limit of the container, as it was in force at the kill: after a resize in place not that of the pod's spec.",
  }),
  memoryRequest: text(32).optional().meta({ description: 'Memory request of the container.' }),
  qosClass: qosClass.optional().meta({ description: 'QoS class of the pod.' }),
  priorityClass: text(64).optional().meta({ description: 'PriorityClass of the pod, by name.' }),
  restarts: count.optional().meta({ description: 'How often the container had been started anew before.' }),
})
export type ContainerKillRecord = z.infer<typeof containerKillRecord>

const undecidedKill = z.object({
  time: time.meta({ description: "When the kernel killed, by the node's clock." }),
  seenAt: time.meta({ description: "When the operator counted it, by the operator's clock." }),
  podName: text(253).meta({ description: "The victim's pod." }),
  podUid: text(36).meta({ description: 'Its UID.' }),
  containerId: text(64).meta({ description: "The victim's container, as the runtime names it." }),
})
export type UndecidedKill = z.infer<typeof undecidedKill>

export const oomReportStatus = z
  .object({
    observedGeneration,
    workload: text(320).meta({ description: 'Kind/name, for `kubectl get`.' }),
    kills: count.meta({ description: 'Processes that the OOM killer took, each counted once.' }),
    hiddenKills: count.meta({ description: 'Kills that Kubernetes never showed.' }),
    reportedKills: count.meta({
      description: 'Kills that Kubernetes showed as OOMKilled. Of the rest of all kills it is not known, or not yet.',
    }),
    firstSeen,
    lastSeen,
    byScope: counts(SCOPE_COUNT).meta({ description: 'Kills by whose memory ran out, together all kills.' }),
    byNode: counts(MAX_NAMED_NODES + 1).meta({
      description: `Kills by node, together all kills: the ${MAX_NAMED_NODES} nodes with the most by name, the rest under "(other)". A node that comes back from there starts anew, so that a named count is a least count.`,
    }),
    byCommand: counts(MAX_NAMED_COMMANDS + 1).meta({ description: BY_COMMAND }),
    killsLastDay,
    trend,
    limitKib: count
      .optional()
      .meta({ description: 'The limit that was hit, of the newest kill that named one, in KiB.' }),
    peakRssKib,
    last: lastKill
      .extend({ hidden })
      .meta({ ...ATOMIC_MAP, description: 'The newest kill in words, for `kubectl get` and field selectors.' }),
    lastKills: z
      .array(containerKillRecord)
      .max(MAX_LAST_KILLS)
      .meta({
        'x-kubernetes-list-type': 'atomic',
        description: `The newest ${MAX_LAST_KILLS} kills in full, the newest first.`,
      }),
    undecided: z.array(undecidedKill).max(MAX_UNDECIDED).optional().meta({
      'x-kubernetes-list-type': 'atomic',
      description:
        'Kills no longer in lastKills of which it is not yet known whether they are hidden; absent where there is none.',
    }),
    watermark,
    conditions: conditionsOf(
      'Ready: the figures are final. Active: killed within the last hour. Recurring: killed again and again within a day. LimitTooLow: the limit is what is wrong.',
    ),
  })
  .meta({
    description: 'What was taken, so far: exact counts, the last kills in full, and what follows from them.',
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
  // The name says workload and container: they are columns of their own only where there is room.
  columns: [
    KILLS,
    LAST_DAY,
    {
      name: 'Hidden',
      type: 'integer',
      jsonPath: '.status.hiddenKills',
      description: 'Kills that Kubernetes never showed.',
    },
    LAST,
    VICTIM,
    SCOPE,
    { name: 'Workload', type: 'string', jsonPath: '.status.workload', priority: 1 },
    { name: 'Container', type: 'string', jsonPath: '.spec.container', priority: 1 },
    { name: 'Node', type: 'string', jsonPath: '.status.last.node', priority: 1 },
    LIMIT,
    RSS,
    RECURRING,
    {
      name: 'LimitTooLow',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="LimitTooLow")].status',
      priority: 1,
    },
  ],
  selectableFields: [
    '.spec.workload.kind',
    '.spec.workload.name',
    '.spec.container',
    '.status.last.node',
    '.status.last.scope',
  ],
}
