import * as z from 'zod'
import { MAX_DESIRED_SCORE, MIN_DESIRED_SCORE } from '#contract/desiredState.ts'
import type { ReportKind } from './crd.ts'
import { conditionsOf, count, observedGeneration, text } from './killRecord.ts'

export const MAX_FAILURES = 10

const NEEDS_VALUES = {
  rule: "self.operator in ['In', 'NotIn'] ? (has(self.values) && size(self.values) > 0) : (!has(self.values) || size(self.values) == 0)",
  message: 'values must be given for In and NotIn, and left out for Exists and DoesNotExist',
}

const requirement = z
  .object({
    key: text(317).min(1).meta({ description: 'The label.' }),
    operator: z
      .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
      .meta({ description: 'How the label and the values are compared.' }),
    values: z.array(text(63)).max(50).optional().meta({ description: 'For In and NotIn, and only there.' }),
  })
  .meta({ 'x-kubernetes-validations': [NEEDS_VALUES] })

/** metav1.LabelSelector, with bounds. */
export const labelSelector = z.object({
  matchLabels: z
    .record(z.string(), text(63))
    .meta({ maxProperties: 50, description: 'Labels that must have exactly these values.' })
    .optional(),
  matchExpressions: z
    .array(requirement)
    .max(50)
    .optional()
    .meta({ description: 'Requirements, all of which must hold.' }),
})
export type LabelSelector = z.infer<typeof labelSelector>

const oomScoreAdj = z
  .object({
    value: z.int32().meta({
      description: 'Written to /proc/PID/oom_score_adj of every process of the selected containers, -990 to 1000.',
      'x-kubernetes-validations': [
        {
          rule: `self >= ${MIN_DESIRED_SCORE} && self <= ${MAX_DESIRED_SCORE}`,
          message: `oomScoreAdj.value must be between ${MIN_DESIRED_SCORE} and ${MAX_DESIRED_SCORE}: -1000 would exempt the processes from the OOM killer, and with them whatever they leak`,
        },
      ],
    }),
  })
  .meta({ description: 'What is written.' })

/** `required` would say "Required value" and no more. */
const NEEDS_POD_SELECTOR = {
  rule: 'has(self.podSelector)',
  message: 'podSelector must be given: labels of the pods, or podSelector: {} to select every pod on purpose',
}

export const oomPolicySpec = z
  .object({
    namespaceSelector: labelSelector.optional().meta({
      description: 'Namespaces by label; left out or empty: all of them.',
    }),
    podSelector: labelSelector.optional().meta({
      description: 'Pods by label; {} selects all of them. Never left out.',
    }),
    containers: z.array(text(63).min(1)).min(1).max(50).optional().meta({
      description: 'Names of containers; left out: all of the pod.',
      'x-kubernetes-list-type': 'set',
    }),
    oomScoreAdj,
    mode: z.enum(['Audit', 'Enforce']).default('Audit').meta({
      description: 'Audit: says what would match, writes nothing. Enforce: writes.',
    }),
    priority: z.int32().default(0).meta({
      description: 'Of several policies that select a container the highest decides; of equals the first by name.',
    }),
  })
  .meta({
    description: 'Which containers, and what is written there.',
    'x-kubernetes-validations': [NEEDS_POD_SELECTOR],
  })
export type OomPolicySpec = z.infer<typeof oomPolicySpec>

const failure = z.object({
  reason: text(64).min(1).meta({ description: 'Why, in one word.' }),
  message: text(300).meta({ description: 'Why, in words.' }),
  containers: count.meta({ description: 'How many containers failed so.' }),
})

export const oomPolicyStatus = z
  .object({
    observedGeneration,
    matched: z
      .object({ pods: count.meta({ description: 'Pods.' }), containers: count.meta({ description: 'Containers.' }) })
      .meta({
        description: 'Running pods and containers that the policy selects, whether or not another one decides there.',
      }),
    applied: count.meta({ description: 'Containers that have the score, by what their nodes said last.' }),
    failed: count.meta({ description: 'Containers that do not have it, though they should.' }),
    failures: z.array(failure).max(MAX_FAILURES).optional().meta({
      'x-kubernetes-list-type': 'atomic',
      description: 'Why they do not, the most frequent first; absent where all have it.',
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
  description: 'Which containers the kernel OOM killer should take rather sooner or rather later.',
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
    { name: 'Priority', type: 'integer', jsonPath: '.spec.priority', priority: 1 },
  ],
  selectableFields: ['.spec.mode'],
}
