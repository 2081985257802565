import { argumentOnly, optional, switchedOff, type FlagValues } from '#program/flags.ts'
import type { About } from '#program/usage.ts'
import { rankFlags, type RankFlags } from '../rankFlags.ts'
import { clusterFlags, colorFlag, operatorFlags, outputFlag } from './flags.ts'

export const rankNodeFlags = {
  top: rankFlags.top,
  pod: argumentOnly(optional(rankFlags.pod.schema, 'POD', 'only this pod, by NAMESPACE/NAME or its UID')),
  container: argumentOnly(
    optional(rankFlags.container.schema, 'CONTAINER', 'only this container, by its id; with --pod by its name'),
  ),
  cgroup: rankFlags.cgroup,
  watch: argumentOnly(switchedOff('look again and again, until it is interrupted')),
  interval: rankFlags.interval,
  output: outputFlag(['table', 'wide', 'json', 'yaml'], 'for people, with all columns, or for programs'),
  ...colorFlag,
  ...operatorFlags,
  ...clusterFlags,
}

export const rankNodeAbout: About = {
  summary:
    "Shows the processes that the kernel's OOM killer would take next on a node, the likeliest first, with what the end of each would free. Needs the right to forward a port to the operator.",
  operand: { placeholder: 'NODE', help: 'the name of the node' },
  examples: [
    'kubectl oom rank node-a',
    'kubectl oom rank node-a --pod shop/web-1 -o wide',
    'kubectl oom rank node-a --watch',
  ],
  exitCodes: { 1: 'there is no such pod, container or cgroup on that node' },
}

/** What `oomkeeper rank --node` is called with. */
export function asRankFlags(node: string, flags: FlagValues<typeof rankNodeFlags>): RankFlags {
  const { operatorNamespace, ...rest } = flags
  return { ...rest, node, namespace: operatorNamespace, commandLine: false, proc: undefined, cgroupRoot: undefined }
}
