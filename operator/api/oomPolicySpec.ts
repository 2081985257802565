import * as z from 'zod'
import { MAX_DELTA, MAX_DESIRED_SCORE, MAX_MATCHERS, MIN_DESIRED_SCORE } from '#contract/desiredRule.ts'
import { text } from './killRecord.ts'
import { labelSelector, processSelector } from './selectors.ts'

const oomScoreAdj = z
  .object({
    value: z
      .int32()
      .optional()
      .meta({
        description: `What each process gets, ${MIN_DESIRED_SCORE} to ${MAX_DESIRED_SCORE}: an absolute value.`,
        'x-kubernetes-validations': [
          {
            rule: `self >= ${MIN_DESIRED_SCORE} && self <= ${MAX_DESIRED_SCORE}`,
            message: `oomScoreAdj.value must be between ${MIN_DESIRED_SCORE} and ${MAX_DESIRED_SCORE}: -1000 would exempt the processes from the OOM killer, and with them whatever they leak`,
          },
        ],
      }),
    delta: z
      .int32()
      .optional()
      .meta({
        description: `What is added to the value that each process has of its own, so that differences between processes stay; the sum is kept within ${MIN_DESIRED_SCORE} and ${MAX_DESIRED_SCORE}.`,
        'x-kubernetes-validations': [
          {
            rule: `self >= -${MAX_DELTA} && self <= ${MAX_DELTA} && self != 0`,
            message: `oomScoreAdj.delta must be between -${MAX_DELTA} and ${MAX_DELTA}, and not 0, which would change nothing`,
          },
        ],
      }),
  })
  .meta({
    description:
      "What is written to /proc/PID/oom_score_adj: thousandths of the memory that ran out, added to a process's share of it. The process with the highest sum is taken first; one with a negative value later.",
    'x-kubernetes-validations': [
      {
        rule: 'has(self.value) != has(self.delta)',
        message: 'oomScoreAdj needs value (what each process gets) or delta (what is added to its own), one of them',
      },
    ],
  })

/** Whether a field of the spec is there and not empty, in CEL. */
const narrows = (field: string) =>
  `(has(self.${field}) && ((has(self.${field}.matchLabels) && size(self.${field}.matchLabels) > 0) || (has(self.${field}.matchExpressions) && size(self.${field}.matchExpressions) > 0)))`
const NARROWS = `(${narrows('namespaceSelector')} || ${narrows('podSelector')} || has(self.priorityClassNames))`
const ALL = '(has(self.all) && self.all)'

const SPEC_RULES = [
  {
    rule: `${ALL} || ${NARROWS}`,
    message:
      'no pods are selected: give namespaceSelector, podSelector or priorityClassNames, or all: true to select every pod on purpose',
  },
  {
    rule: `!(${ALL} && ${NARROWS})`,
    message:
      'all: true selects every pod, which contradicts namespaceSelector, podSelector and priorityClassNames: leave these out, or all',
  },
  {
    rule: 'has(self.oomScoreAdj) || has(self.killScope)',
    message: 'nothing is to be set: give oomScoreAdj, killScope or both',
  },
  {
    rule: '!(has(self.killScope) && has(self.processes))',
    message:
      'killScope is of a whole container and processes selects some of it: leave processes out, or give killScope in a policy of its own',
  },
]

export const oomPolicySpec = z
  .object({
    namespaceSelector: labelSelector.optional().meta({
      description: 'Namespaces by label; left out or empty: all of them. All selectors that are given must fit.',
    }),
    podSelector: labelSelector.optional().meta({
      description: 'Pods by label; left out or empty: all of them. All selectors that are given must fit.',
    }),
    priorityClassNames: z.array(text(253).min(1)).min(1).max(50).optional().meta({
      description:
        'Names of PriorityClasses of which the pod has one; left out: any, and none. All selectors that are given must fit.',
      'x-kubernetes-list-type': 'set',
    }),
    all: z.boolean().optional().meta({
      description:
        'true: every pod of the cluster. Must be said where no selector narrows it down, so that nobody selects everything by a slip.',
    }),
    containers: z.array(text(63).min(1)).min(1).max(50).optional().meta({
      description: 'Names of containers; left out: all of the pod.',
      'x-kubernetes-list-type': 'set',
    }),
    containerTypes: z
      .array(z.enum(['App', 'Init', 'Sidecar']))
      .min(1)
      .max(3)
      .optional()
      .meta({
        description:
          'App: those of spec.containers. Init: initContainers that end. Sidecar: initContainers with restartPolicy Always. Left out: all, ephemeral ones too.',
        'x-kubernetes-list-type': 'set',
      }),
    processes: z.array(processSelector).min(1).max(MAX_MATCHERS).optional().meta({
      description:
        'Processes inside of the containers: those that fit one of the entries; an entry fits when all of its fields do. Left out: every process. What a selected process starts inherits its value at first, and is given back its own within seconds.',
      'x-kubernetes-list-type': 'atomic',
    }),
    oomScoreAdj: oomScoreAdj.optional(),
    killScope: z.enum(['Container', 'Process']).optional().meta({
      description:
        "Whether a kill takes the whole container (memory.oom.group = 1; the kubelet's default) or the chosen process alone (0). cgroup v2 only.",
    }),
    mode: z.enum(['Audit', 'Enforce']).default('Audit').meta({
      description: 'Audit: says what would be done, writes nothing. Enforce: writes, and gives back when it ends.',
    }),
    priority: z.int32().default(0).meta({
      description: 'Of several policies that select a process the highest decides; of equals the first by name.',
    }),
    holdFor: text(16)
      .default('24h')
      .meta({
        description:
          'How long values stay when no operator says any more that they are wanted, as 90m, 24h or 1h30m: 1m to 720h. Then the old ones come back.',
        'x-kubernetes-validations': [
          {
            rule: "self.matches('^([0-9]+[hms])+$') && duration(self) >= duration('1m') && duration(self) <= duration('720h')",
            message:
              'holdFor must be between 1m and 720h, in hours, minutes and seconds, as 24h or 1h30m: days are written as hours',
          },
        ],
      }),
    allowCrossQoS: z.boolean().default(false).meta({
      description:
        "Whether a value may pass the one that the kubelet gives to the next QoS class (Guaranteed -997, Burstable 2 to 999, BestEffort 1000), which turns the classes' order round.",
    }),
    allowUnlimited: z.boolean().default(false).meta({
      description:
        'Whether a container without a memory limit may get less than it began with: protected, it may take the memory of all others.',
    }),
  })
  .meta({
    description:
      'Which processes, and what is set there. A score decides who is taken first where the memory of a node or of a common parent runs out; it saves no container from its own limit.',
    'x-kubernetes-validations': SPEC_RULES,
  })
export type OomPolicySpec = z.infer<typeof oomPolicySpec>
