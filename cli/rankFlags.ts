import { argumentOnly, optional, switchedOff, withDefault, type FlagValues } from '#program/flags.ts'
import type { About } from '#program/usage.ts'
import { textSchema } from './textSchema.ts'

const MAX_TOP = 10_000
const MAX_INTERVAL_S = 3600
const MIN_INTERVAL_S = 0.5

export type RankOutput = 'table' | 'wide' | 'json' | 'yaml'

const path = textSchema((text) => (text === '' ? undefined : text), 'it must not be empty')
const url = textSchema(
  (text) => (/^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text : undefined),
  'it must start with http:// or https://',
)
export const countSchema = textSchema(
  (text) => (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_TOP ? Number(text) : undefined),
  `it must be a number from 1 to ${MAX_TOP}`,
)
const output = textSchema<RankOutput>(
  (text) => (text === 'table' || text === 'wide' || text === 'json' || text === 'yaml' ? text : undefined),
  'it must be table, wide, json or yaml',
)
const seconds = textSchema((text) => {
  const value = /^\d{1,4}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0
  return value >= MIN_INTERVAL_S && value <= MAX_INTERVAL_S ? value : undefined
}, `it must be a number of seconds from ${MIN_INTERVAL_S} to ${MAX_INTERVAL_S}`)
const cgroup = textSchema(readCgroup, 'it must be a path from the root of the hierarchy, as /proc/PID/cgroup has it')
const pod = textSchema(
  (text) => (POD_UID.test(text) || NAMESPACED.test(text) ? text : undefined),
  "it must be a pod's UID, or with --node NAMESPACE/NAME",
)
const container = textSchema(
  (text) => (CONTAINER_ID.test(text) || DNS_LABEL.test(text) ? text : undefined),
  "it must be 8 to 64 hexadecimal digits of a container's id, or with --node and --pod its name",
)

export const POD_UID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/
const NAMESPACED = /^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/
const DNS_LABEL = /^[a-z0-9-]{1,63}$/
export const CONTAINER_ID = /^[0-9a-f]{8,64}$/

/** Also the folder of a mounted hierarchy, as people copy it. */
function readCgroup(text: string): string | undefined {
  const bare = text.replace(/^\/sys\/fs\/cgroup(?:\/(?:memory|unified))?(?=\/|$)/, '').replace(/\/+$/, '')
  const isPath = text.startsWith('/') && bare.length <= 4096
  return isPath ? bare || '/' : undefined
}

export const rankFlags = {
  top: optional(countSchema, 'N', 'how many to show; without it 10, and with --watch as many as fit the terminal'),
  output: withDefault(output, 'table|wide|json|yaml', 'table', 'for people, with all columns, or for programs'),
  cgroup: optional(cgroup, 'PATH', 'only this cgroup and those below it, as if its limit were hit now'),
  pod: optional(pod, 'POD', 'only this pod, by its UID; with --node also by NAMESPACE/NAME'),
  container: optional(
    container,
    'CONTAINER',
    'only this container, by its id or how it begins; with --pod by its name',
  ),
  commandLine: switchedOff('show command lines, which may hold secrets'),
  watch: switchedOff('look again and again, until it is interrupted; with --output json a line each time'),
  interval: optional(seconds, 'SECONDS', 'how often --watch looks; without it, every 2 s'),
  noColor: switchedOff('no colours on a terminal either; so does NO_COLOR'),
  proc: optional(path, 'FOLDER', 'the proc file system; without it, /proc'),
  cgroupRoot: optional(path, 'FOLDER', 'the cgroup tree that tells the limits; without it, /sys/fs/cgroup'),
  node: optional(path, 'NODE', 'a node of the cluster, by way of the operator; without it, this machine'),
  operator: optional(url, 'URL', "the operator's API; without it, kubectl port-forward to it"),
  namespace: withDefault(path, 'NAMESPACE', 'oomkeeper', 'where the operator runs, for kubectl port-forward'),
  context: argumentOnly(optional(path, 'NAME', 'context of the kubeconfig, for kubectl; without it, the current one')),
  kubeconfig: argumentOnly(optional(path, 'FILE', 'kubeconfig, for kubectl')),
}

export const rankAbout: About = {
  summary:
    "Shows the processes that the kernel's OOM killer would take next, the likeliest first, with what the end of each would free: of this machine, a cgroup, a pod or a container, or of a node of the cluster.",
  examples: [
    'oomkeeper rank --output wide',
    'oomkeeper rank --watch',
    'oomkeeper rank --cgroup /system.slice/nginx.service',
    'oomkeeper rank --node node-a --pod shop/web-0 --container app',
  ],
  exitCodes: {
    0: 'shown, or --watch was interrupted',
    1: 'no process is in what was asked for, or more than one cgroup is meant',
  },
}

export type RankFlags = FlagValues<typeof rankFlags>

export const MAX_TOP_OF_NODE = 50

/** What no flag is wrong about alone. */
export function findConflicts(flags: RankFlags): string[] {
  const { cgroup: cgroupPath, pod: podName, container: containerName } = flags
  const problems: string[] = []
  if (flags.interval !== undefined && !flags.watch) problems.push('--interval: expected --watch with it, got none')
  if (cgroupPath !== undefined && (podName !== undefined || containerName !== undefined)) {
    problems.push('--cgroup: expected no --pod and no --container with it')
  }
  return [...problems, ...(flags.node === undefined ? findLocalConflicts(flags) : findNodeConflicts(flags))]
}

function findLocalConflicts({ operator, pod: podName, container: id }: RankFlags): string[] {
  const problems: string[] = []
  if (operator !== undefined) problems.push('--operator: expected --node NODE with it, got none')
  if (podName !== undefined && id !== undefined)
    problems.push('--container: expected no --pod with it: an id is enough')
  if (podName?.includes('/')) {
    problems.push('--pod: expected --node NODE with a name, got none: this machine alone knows pods by their UID')
  }
  if (id !== undefined && podName === undefined && !CONTAINER_ID.test(id)) {
    problems.push(`--container: expected 8 to 64 hexadecimal digits of an id, got "${id}": names are known with --node`)
  }
  return problems
}

function findNodeConflicts(flags: RankFlags): string[] {
  const problems: string[] = []
  if (flags.proc !== undefined) problems.push('--proc: expected no --node with it: a node is ranked by its own agent')
  if (flags.cgroupRoot !== undefined) problems.push('--cgroup-root: expected no --node with it: the agent has its own')
  if (flags.commandLine) problems.push('--command-line: expected no --node with it: command lines never leave a node')
  if (flags.container !== undefined && flags.pod === undefined && !CONTAINER_ID.test(flags.container)) {
    problems.push('--container: expected --pod with a name, got none')
  }
  if (flags.top !== undefined && flags.top > MAX_TOP_OF_NODE) {
    problems.push(`--top: expected at most ${MAX_TOP_OF_NODE} with --node, got "${flags.top}"`)
  }
  return problems
}
