import { optional, switchedOff, withDefault } from '#program/flags.ts'
import type { About } from '#program/usage.ts'
import { sizeKibSchema } from './sizeSchema.ts'
import { textSchema } from './textSchema.ts'

export type NodeOutput = 'text' | 'json'

const THRESHOLDS = ['note', 'warning', 'critical', 'never'] as const
export type FailOn = (typeof THRESHOLDS)[number]

const path = textSchema((text) => (text === '' ? undefined : text), 'it must not be empty')
const output = textSchema<NodeOutput>(
  (text) => (text === 'text' || text === 'json' ? text : undefined),
  'it must be text or json',
)
const failOn = textSchema<FailOn>(
  (text) => THRESHOLDS.find((known) => known === text),
  'it must be note, warning, critical or never',
)

export const nodeFlags = {
  output: withDefault(output, 'text|json', 'text', 'for people or for programs'),
  root: optional(path, 'FOLDER', "the node's root folder, as a pod has it mounted; without it, /"),
  kubeletConfig: optional(
    path,
    'FILE',
    "the kubelet's configuration; without it, /var/lib/kubelet/config.yaml of the node, where it is there",
  ),
  evictionHard: optional(
    sizeKibSchema,
    'SIZE',
    "the kubelet's evictionHard memory.available, where a flag of its own sets it; without it, what its configuration says, or 100Mi",
  ),
  failOn: withDefault(
    failOn,
    THRESHOLDS.join('|'),
    'warning',
    'from what on the exit code tells it: 1, or 4 where something is critical',
  ),
  verbose: switchedOff('what would be sound, and where each verdict comes from'),
  noColor: switchedOff('no colours, also on a terminal; so does NO_COLOR in the environment'),
}

export const nodeAbout: About = {
  summary:
    'Tells what this node is set to for when memory runs out, what each setting means, and whether it is sound for Kubernetes. Reads only; needs neither root nor a cluster.',
  examples: [
    'oomkeeper node',
    'oomkeeper node --verbose',
    'oomkeeper node --kubelet-config /etc/kubernetes/kubelet/config.json',
    'oomkeeper node --root /host --output json --fail-on critical',
  ],
  exitCodes: {
    0: 'all is sound, or what is not is below --fail-on',
    1: 'a warning, or a note with --fail-on note',
    4: 'something is critical: a promise of Kubernetes is broken when the node runs out',
  },
}
