import * as z from 'zod'
import {
  ATOMIC_MAP,
  BY_COMMAND,
  MAX_LAST_KILLS,
  MAX_NAMED_COMMANDS,
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

/** Rejected events kept in one report, newest first: they push no kill out. All of them are in OOM_REJECTS. */
export const MAX_LAST_REJECTS = 5

/**
 * Why a kill stands in the node's report: the victim was in no pod, nobody could say where it was, its pod is
 * not known, its namespace is gone, the apiserver refused its OOMReport, or the killer took nobody. `EventRejected` is no
 * kill: something that came as this node's kill event cannot be one, and is set aside in OOM_REJECTS.
 */
export const nodeReason = z
  .enum([
    'OutsidePod',
    'CgroupUnknown',
    'PodUnknown',
    'NamespaceGone',
    'WriteRefused',
    'NoKillable',
    'Panic',
    'EventRejected',
  ])
  .meta({
    description:
      'Why it stands in the report of the node. OutsidePod: the victim was in no pod. CgroupUnknown: nobody could say where it was. PodUnknown: its pod is not known. NamespaceGone, WriteRefused: the apiserver took no OOMReport. NoKillable, Panic: nobody was killed. EventRejected: no kill, what came as its event is set aside in OOM_REJECTS.',
  })
export type NodeReason = z.infer<typeof nodeReason>

export const nodeOomReportSpec = z
  .object({ node: text(253).min(1).meta({ description: 'The name of the node.' }) })
  .meta({
    description: 'Whose kills these are. Written once, by the operator.',
    'x-kubernetes-validations': [
      { rule: 'self == oldSelf', message: 'spec is immutable: a report belongs to one node; delete it to start anew' },
    ],
  })

export const nodeKillRecord = killRecord.extend({
  reason: nodeReason,
  detail: text(256).optional().meta({ description: 'What stands behind the reason, for a person.' }),
  cgroupPath: text(256).optional().meta({ description: 'Where the victim was, cut at its end when too long.' }),
})
export type NodeKillRecord = z.infer<typeof nodeKillRecord>

export const rejectedEvent = z.object({
  seenAt: time.meta({ description: "When it was set aside, by the operator's clock." }),
  node: text(253).meta({ description: 'Of its subject.' }),
  bootId: text(36).meta({ description: 'Of its subject; empty where that has none.' }),
  sequence: count.meta({ description: 'Of its subject; where that has none, its place in the stream of kills.' }),
  recoveredAs: text(40).optional().meta({ description: 'Of its subject, in the place of a sequence.' }),
  detail: text(256).optional().meta({ description: 'What was expected, and what came.' }),
})
export type RejectedEvent = z.infer<typeof rejectedEvent>

export const nodeOomReportStatus = z
  .object({
    observedGeneration,
    kills: count.meta({ description: 'Processes that the OOM killer took, each counted once.' }),
    withoutVictim: count.meta({
      description: 'Invocations of the killer that took nobody (no killable process, panic).',
    }),
    firstSeen,
    lastSeen,
    byScope: counts(SCOPE_COUNT).meta({ description: 'By whose memory ran out; those without a victim too.' }),
    byReason: counts(nodeReason.options.length).meta({
      description: 'Why they stand in the report of the node; those without a victim too.',
    }),
    byCommand: counts(MAX_NAMED_COMMANDS + 1).meta({ description: BY_COMMAND }),
    killsLastDay,
    trend,
    peakRssKib,
    last: lastKill
      .extend({ reason: nodeReason })
      .meta({ ...ATOMIC_MAP, description: 'The newest kill in words, for `kubectl get` and field selectors.' }),
    lastKills: z
      .array(nodeKillRecord)
      .max(MAX_LAST_KILLS)
      .meta({
        'x-kubernetes-list-type': 'atomic',
        description: `The newest ${MAX_LAST_KILLS} kills in full, the newest first.`,
      }),
    lastRejects: z
      .array(rejectedEvent)
      .max(MAX_LAST_REJECTS)
      .optional()
      .meta({
        'x-kubernetes-list-type': 'atomic',
        description: `The newest ${MAX_LAST_REJECTS} of what came as this node's kill events and could not be one, the newest first. Counted in byReason as EventRejected.`,
      }),
    watermark,
    conditions: conditionsOf(
      "Ready: the figures are final. Active: killed within the last hour. Recurring: killed again and again within a day. EventsRejected: within a day, something came as this node's kill event that could not be one.",
    ),
  })
  .meta({ description: 'What was taken, so far: exact counts, the last kills in full, and what follows from them.' })
export type NodeOomReportStatus = z.infer<typeof nodeOomReportStatus>

export const nodeOomReportKind: ReportKind = {
  kind: 'NodeOOMReport',
  plural: 'nodeoomreports',
  shortName: 'noomr',
  scope: 'Cluster',
  description: 'What the kernel OOM killer took on one node outside pods, or from pods that cannot be resolved.',
  spec: nodeOomReportSpec,
  status: nodeOomReportStatus,
  // The report carries its node's name: a kill can be looked up where it happened, and a forged name is refused.
  rules: [{ rule: 'self.metadata.name == self.spec.node', message: 'metadata.name must be the name in spec.node' }],
  columns: [
    KILLS,
    LAST_DAY,
    LAST,
    VICTIM,
    {
      name: 'Reason',
      type: 'string',
      jsonPath: '.status.last.reason',
      description: 'Why it stands in the report of the node.',
    },
    SCOPE,
    { name: 'NoVictim', type: 'integer', jsonPath: '.status.withoutVictim', priority: 1 },
    {
      name: 'Rejected',
      type: 'integer',
      jsonPath: '.status.byReason.EventRejected',
      description: 'Events of this node that were set aside in OOM_REJECTS.',
      priority: 1,
    },
    LIMIT,
    RSS,
    RECURRING,
  ],
  selectableFields: ['.status.last.scope', '.status.last.reason'],
}
