import { parseScoreChanges } from '../agent/simulate/scoreChange.ts'
import { argumentOnly, optional, switchedOff, withDefault, type FlagValues } from '#program/flags.ts'
import type { About } from '#program/usage.ts'
import { CONTAINER_ID, countSchema, POD_UID, rankFlags } from './rankFlags.ts'
import { sizeKibSchema } from './sizeSchema.ts'
import { textSchema } from './textSchema.ts'

export type SimulateOutput = 'text' | 'json'

const output = textSchema<SimulateOutput>(
  (text) => (text === 'text' || text === 'json' ? text : undefined),
  'it must be text or json',
)
const changes = textSchema(parseScoreChanges, 'it must be pairs of a name and −1000 to 1000, as nginx=500,4711=-900')

const podUid = textSchema(
  (text) => (POD_UID.test(text) ? text : undefined),
  "it must be a pod's UID: this machine does not know its name",
)
const containerId = textSchema(
  (text) => (CONTAINER_ID.test(text) ? text : undefined),
  "it must be 8 to 64 hexadecimal digits of a container's id",
)

/** What may be asked about is as for `rank` on this machine. */
export const simulateFlags = {
  until: optional(sizeKibSchema, 'SIZE', 'until so much came free, 2Gi say; without it, until nobody is left'),
  with: optional(
    changes,
    'NAME=ADJ',
    'what another oom_score_adj would change, of a pid, a command, a pod by its UID or a container by its id; several with commas',
  ),
  // In the environment it is a node's name: `rank` takes that.
  node: argumentOnly(switchedOff('when the memory of this whole machine runs out, as without any of these')),
  cgroup: optional(rankFlags.cgroup.schema, 'PATH', 'when the limit of this cgroup is hit'),
  pod: optional(podUid, 'UID', 'when the limit of this pod is hit'),
  container: optional(containerId, 'ID', 'when the limit of this container is hit: its id or how it begins'),
  top: withDefault(countSchema, 'N', '10', 'how many kills to show'),
  output: withDefault(output, 'text|json', 'text', 'for people, or for programs with all kills'),
  noColor: switchedOff('no colours on a terminal either; so does NO_COLOR'),
  proc: rankFlags.proc,
  cgroupRoot: rankFlags.cgroupRoot,
}

export type SimulateFlags = FlagValues<typeof simulateFlags>

export const simulateAbout: About = {
  summary:
    'Says whom the kernel would kill if the memory of this machine, or of a container, ran out now, whom next, until so much is free, and what another oom_score_adj would change. Changes nothing; needs neither root nor a cluster.',
  examples: [
    'oomkeeper simulate --until 2Gi',
    'oomkeeper simulate --container 3f2a90c1d7e4',
    'oomkeeper simulate --until 2Gi --with nginx=500,4711=-900',
  ],
  exitCodes: {
    0: 'so much comes free as --until asks for, or it asks for nothing',
    1: 'all that may be chosen do not free that much, or no process is in what was asked for',
    2: 'wrong flags, or --with names nobody in line',
  },
}

/** What no flag is wrong about alone. */
export function findConflicts({ node, cgroup, pod, container }: SimulateFlags): string[] {
  const scopes = { node: node || undefined, cgroup, pod, container }
  const given = Object.entries(scopes).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]))
  return given.length > 1
    ? [`expected at most one of --node, --cgroup, --pod and --container, got ${given.join(' and ')}`]
    : []
}
