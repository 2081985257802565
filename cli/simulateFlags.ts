import { parseScoreChanges } from '../agent/simulate/scoreChange.ts'
import { optional, switchedOff, withDefault, type FlagValues } from '#program/flags.ts'
import { rankFlags } from './rankFlags.ts'
import { sizeKibSchema } from './sizeSchema.ts'
import { textSchema } from './textSchema.ts'

export type SimulateOutput = 'text' | 'json'

const output = textSchema<SimulateOutput>(
  (text) => (text === 'text' || text === 'json' ? text : undefined),
  'it must be text or json',
)
const changes = textSchema(parseScoreChanges, 'it must be pairs of a name and −1000 to 1000, as nginx=500,4711=-900')

/** What may be asked about is as for `rank` on this machine. */
export const simulateFlags = {
  until: optional(sizeKibSchema, 'SIZE', 'until so much came free, 2Gi say; without it, until nobody is left'),
  with: optional(
    changes,
    'NAME=ADJ',
    'what another oom_score_adj would change, of a pid, a command, a pod by its UID or a container by its id; several with commas',
  ),
  cgroup: optional(rankFlags.cgroup.schema, 'PATH', 'when the limit of this cgroup is hit; without it, the machine'),
  pod: optional(rankFlags.pod.schema, 'UID', 'when the limit of this pod is hit'),
  container: optional(
    rankFlags.container.schema,
    'ID',
    'when the limit of this container is hit: its id or how it begins',
  ),
  top: withDefault(rankFlags.top.schema, 'N', '10', 'how many kills to show'),
  output: withDefault(output, 'text|json', 'text', 'for people, or for programs with all kills'),
  noColor: switchedOff('no colours on a terminal either; so does NO_COLOR'),
  proc: rankFlags.proc,
  cgroupRoot: rankFlags.cgroupRoot,
}

export type SimulateFlags = FlagValues<typeof simulateFlags>

/** What no flag is wrong about alone. */
export function findConflicts({ cgroup, pod, container }: SimulateFlags): string[] {
  const given = Object.entries({ cgroup, pod, container }).filter(([, value]) => value !== undefined)
  const problems: string[] = []
  if (given.length > 1) problems.push(`expected one of ${given.map(([name]) => `--${name}`).join(' and ')}, got both`)
  if (pod?.includes('/')) problems.push("--pod: expected a pod's UID, got a name: this machine knows pods by their UID")
  if (container !== undefined && !/^[0-9a-f]{8,64}$/.test(container)) {
    problems.push(`--container: expected 8 to 64 hexadecimal digits of an id, got "${container}"`)
  }
  return problems
}
