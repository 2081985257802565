import * as z from 'zod'
import type { ReportKind } from './crd.ts'
import { ATOMIC_MAP, conditionsOf, count, observedGeneration, text, time } from './killRecord.ts'
import { oomPolicySpec } from './oomPolicySpec.ts'

/** What people set to have a policy tried again that was taken back; any text, another one each time. */
export const RETRY_ANNOTATION = 'oomkeeper.io/retry'
export const MAX_RETRY_CHARS = 128
/** With so many nodes a policy is applied nowhere any more. */
export const MAX_ROLLED_BACK_NODES = 50
export const MAX_STATUS_REASONS = 10
/** Of the nodes where most is to change. */
export const MAX_NAMED_NODES_OF_POLICY = 10

const statusReason = z.object({
  outcome: z.enum(['Failed', 'Conflict', 'Skipped']).meta({ description: 'What it is the reason of.' }),
  reason: text(64).min(1).meta({ description: 'Why, in one word.' }),
  message: text(300).meta({ description: 'Why, in words.' }),
  containers: count.meta({ description: 'How many containers it is so.' }),
})

const rollback = z
  .object({
    generation: count.meta({ description: 'metadata.generation that was taken back: another one is applied.' }),
    retry: text(MAX_RETRY_CHARS)
      .optional()
      .meta({ description: `What the annotation ${RETRY_ANNOTATION} said then.` }),
    nodes: z
      .array(
        z.object({
          node: text(253).meta({ description: 'The node.' }),
          time: time.meta({ description: 'When its memory ran out.' }),
        }),
      )
      .min(1)
      .max(MAX_ROLLED_BACK_NODES)
      .meta({ 'x-kubernetes-list-type': 'atomic', description: 'Where it is not applied any more.' }),
  })
  .meta({
    ...ATOMIC_MAP,
    description: `Nodes whose memory ran out soon after the policy was first applied there: it is not, until its spec or the annotation ${RETRY_ANNOTATION} changes. With ${MAX_ROLLED_BACK_NODES} of them it is applied nowhere.`,
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
    conflicting: count.meta({ description: 'Containers where somebody else writes the score again and again.' }),
    skipped: count.meta({
      description:
        'Containers where it decides nothing: another policy does (Overridden), no process fits, or a guard rail keeps it away.',
    }),
    would: count.meta({ description: 'In Audit: containers where it would decide.' }),
    nodes: z
      .object({
        told: count.meta({ description: 'Nodes that are told of the policy.' }),
        behind: count.meta({ description: 'Nodes that have not taken up for a while what they are told.' }),
      })
      .meta({ ...ATOMIC_MAP, description: 'Where its containers are.' }),
    wouldSet: z
      .object({
        processes: count.meta({ description: 'Processes that would get the score.' }),
        nodes: count.meta({ description: 'Nodes with such processes.' }),
        most: z
          .array(
            z.object({
              node: text(253).meta({ description: 'The node.' }),
              processes: count.meta({ description: 'How many there.' }),
            }),
          )
          .max(MAX_NAMED_NODES_OF_POLICY)
          .meta({ 'x-kubernetes-list-type': 'atomic', description: 'The nodes with the most of them, first.' }),
      })
      .optional()
      .meta({ ...ATOMIC_MAP, description: 'In Audit: what Enforce would change first. Look here before you enforce.' }),
    rollback: rollback.optional(),
    reasons: z.array(statusReason).max(MAX_STATUS_REASONS).optional().meta({
      'x-kubernetes-list-type': 'atomic',
      description: 'Why not all of them have it, the most frequent first; absent where all have.',
    }),
    conditions: conditionsOf(
      'Ready: every container has the score that should have it; in mode Audit always. Reconciling: nodes are waited for. Stalled: something stands in the way that does not go by itself. Degraded: it was taken back from nodes whose memory ran out soon after it was first applied there. Effective: of the last kills it could have touched, it would have changed some.',
    ),
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
    { name: 'Matched', type: 'integer', jsonPath: '.status.matched.containers' },
    { name: 'Applied', type: 'integer', jsonPath: '.status.applied' },
    { name: 'Effective', type: 'string', jsonPath: '.status.conditions[?(@.type=="Effective")].status' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 1 },
    { name: 'Value', type: 'integer', jsonPath: '.spec.oomScoreAdj.value', priority: 1 },
    { name: 'Delta', type: 'integer', jsonPath: '.spec.oomScoreAdj.delta', priority: 1 },
    { name: 'Priority', type: 'integer', jsonPath: '.spec.priority', priority: 1 },
    { name: 'Failed', type: 'integer', jsonPath: '.status.failed', priority: 1 },
    { name: 'Conflict', type: 'integer', jsonPath: '.status.conflicting', priority: 1 },
    { name: 'Skipped', type: 'integer', jsonPath: '.status.skipped', priority: 1 },
    { name: 'Behind', type: 'integer', jsonPath: '.status.nodes.behind', priority: 1 },
  ],
  selectableFields: ['.spec.mode'],
}
