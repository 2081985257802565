import * as z from 'zod'
import type { ReportKind } from './crd.ts'
import { conditionsOf, count, observedGeneration, text } from './killRecord.ts'
import { oomPolicySpec } from './oomPolicySpec.ts'

export const MAX_STATUS_REASONS = 10

const statusReason = z.object({
  outcome: z.enum(['Failed', 'Conflict', 'Skipped']).meta({ description: 'What it is the reason of.' }),
  reason: text(64).min(1).meta({ description: 'Why, in one word.' }),
  message: text(300).meta({ description: 'Why, in words.' }),
  containers: count.meta({ description: 'How many containers it is so.' }),
})

export const oomPolicyStatus = z
  .object({
    observedGeneration,
    matched: z
      .object({
        pods: count.meta({ description: 'Pods.' }),
        containers: count.meta({ description: 'Containers.' }),
        processes: count.meta({ description: 'Processes, by what the nodes said last.' }),
      })
      .meta({
        description: 'Running pods and containers that the policy selects, whether or not another one decides there.',
      }),
    applied: count.meta({ description: 'Containers whose selected processes have the score.' }),
    failed: count.meta({
      description:
        'Containers where some do not have it, though they should, or that have no room in what nodes are told.',
    }),
    skipped: count.meta({
      description: 'Containers where it decides nothing: another policy does, or no process fits.',
    }),
    would: count.meta({ description: 'In Audit: containers where it would decide.' }),
    reasons: z.array(statusReason).max(MAX_STATUS_REASONS).optional().meta({
      'x-kubernetes-list-type': 'atomic',
      description: 'Why not all of them have it, the most frequent first; absent where all have.',
    }),
    conditions: conditionsOf('Ready: every container has the score that should have it; in mode Audit always.'),
  })
  .meta({ description: 'What came of it, by what the nodes said last.' })
export type OomPolicyStatus = z.infer<typeof oomPolicyStatus>

export const oomPolicyKind: ReportKind = {
  kind: 'OOMPolicy',
  plural: 'oompolicies',
  shortName: 'oomp',
  scope: 'Cluster',
  description: 'Which processes of which containers the kernel OOM killer should take rather sooner or rather later.',
  spec: oomPolicySpec,
  status: oomPolicyStatus,
  columns: [
    { name: 'Mode', type: 'string', jsonPath: '.spec.mode' },
    { name: 'Value', type: 'integer', jsonPath: '.spec.oomScoreAdj.value' },
    { name: 'Matched', type: 'integer', jsonPath: '.status.matched.containers' },
    { name: 'Applied', type: 'integer', jsonPath: '.status.applied' },
    { name: 'Failed', type: 'integer', jsonPath: '.status.failed' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Delta', type: 'integer', jsonPath: '.spec.oomScoreAdj.delta', priority: 1 },
    { name: 'Priority', type: 'integer', jsonPath: '.spec.priority', priority: 1 },
  ],
  selectableFields: ['.spec.mode'],
}
