import { formatCount, formatKib } from '#kernel/explain/quantity.ts'
import { findCaveats } from '../../agent/simulate/caveats.ts'
import type { NodeSimulation } from '../../operator/api/nodeSimulation.ts'
import { EXIT } from '#program/errors.ts'
import { argumentOnly, optional, withDefault, type FlagValues } from '#program/flags.ts'
import type { About } from '#program/usage.ts'
import { styleOf } from '../analysis/style.ts'
import { countSchema, rankFlags } from '../rankFlags.ts'
import { sizeKibSchema } from '../sizeSchema.ts'
import { clusterFlags, colorFlag, fileSchema, operatorFlags, outputFlag, protectedMemoryFlag } from './flags.ts'
import { formatObject } from './objects.ts'
import { usage } from './oneReport.ts'
import type { ReportPorts } from './ports.ts'
import { wrap } from './textOptions.ts'
import { formatTable, type Column } from './table.ts'

export const simulateNodeFlags = {
  until: argumentOnly(optional(sizeKibSchema, 'SIZE', 'until so much came free, 2Gi say')),
  pod: argumentOnly(
    optional(rankFlags.pod.schema, 'POD', 'when the limit of this pod is hit: NAMESPACE/NAME or its UID'),
  ),
  container: argumentOnly(
    optional(rankFlags.container.schema, 'CONTAINER', "when this container's is: its id, with --pod its name"),
  ),
  cgroup: argumentOnly(optional(rankFlags.cgroup.schema, 'PATH', 'when the limit of this cgroup is hit')),
  policy: argumentOnly(
    optional(fileSchema, 'FILE', 'beside it, whom with these policies; also pods, namespaces and nodes are read then'),
  ),
  ...protectedMemoryFlag,
  top: withDefault(countSchema, 'N', '10', 'how many kills to show'),
  output: outputFlag(['text', 'wide', 'json', 'yaml'], 'for people, with all columns, or for programs with all kills'),
  ...colorFlag,
  ...operatorFlags,
  ...clusterFlags,
}

export const simulateNodeAbout: About = {
  summary:
    'Says whom the kernel would kill if the memory of a node, or of a pod there, ran out now, and whom next, until so much is free. Changes nothing. Needs the right to forward a port to the operator.',
  operand: { placeholder: 'NODE', help: 'the name of the node' },
  examples: [
    'kubectl oom simulate node-a --until 2Gi',
    'kubectl oom simulate node-a --pod shop/web-1 -o json',
    'kubectl oom simulate node-a --policy policy.yaml',
  ],
  exitCodes: {
    0: 'so much comes free as --until asks for, or it asks for nothing',
    1: 'the 50 likeliest victims do not free that much, there is no such pod on that node, or with --policy nobody goes sooner or later',
  },
}

type SimulateFlags = FlagValues<typeof simulateNodeFlags>
type Kill = NodeSimulation['kills'][number] & { number: number }

/** @returns the exit code. @throws ProgramError */
export async function simulateNode(
  flags: SimulateFlags,
  node: string | undefined,
  ports: ReportPorts,
): Promise<number> {
  if (node === undefined) throw usage('expected NODE, got none')
  const { until, pod, container, cgroup, output } = flags
  const simulation = await ports.operator.simulateNode({ node, until, pod, container, cgroup })
  const caveats = caveatsOf(simulation)
  if (output === 'json' || output === 'yaml') ports.write(formatObject({ ...simulation, caveats }, output))
  else ports.write(`${textLines(simulation, caveats, flags, ports).join('\n')}\n`)
  return until === undefined || simulation.reached ? EXIT.ok : EXIT.finding
}

const GROUPS_UNKNOWN =
  'Of the likeliest victim alone it is known here whether its cgroup goes as a whole (memory.oom.group): the agent is an older one.'

export function caveatsOf({
  kernelRelease,
  domain,
  overruledBy,
  neverChosen,
  unknownCount,
  isWhole,
  knowsGroups,
}: NodeSimulation): string[] {
  const isNode = domain?.limitKib === undefined
  const known = findCaveats({
    kernelRelease,
    isNode,
    totalKib: domain?.totalKib,
    panicOnOom: overruledBy === 'panicOnOom' ? (isNode ? 1 : 2) : 0,
    oomKillAllocatingTask: overruledBy === 'oomKillAllocatingTask' ? 1 : 0,
    neverChosen: neverChosen ?? { protectedCount: 0, protectedCommands: [] },
    unknownCount,
  })
  return [
    ...known.map(({ text }) => text),
    ...(knowsGroups ? [] : [GROUPS_UNKNOWN]),
    ...(isWhole ? [] : ['A node tells its 50 likeliest victims: there may be others behind them.']),
  ]
}

function textLines(
  simulation: NodeSimulation,
  caveats: readonly string[],
  { top, until, output, noColor }: SimulateFlags,
  { columns: room, hasColor }: ReportPorts,
): string[] {
  const style = styleOf(hasColor && !noColor)
  const kills = simulation.kills.map((kill, at) => ({ ...kill, number: at + 1 }))
  const [head = '', ...rows] = formatTable(columns(simulation), kills.slice(0, top), {
    isWide: output === 'wide',
    room,
  })
  const more = kills.length - Math.min(top, kills.length)
  return [
    ...wrap(headline(simulation), '', room).map(style.verdict),
    '',
    ...(kills.length === 0 ? ['  Nobody there may be chosen.'] : [style.title(head), ...rows]),
    ...(more > 0 ? [`  … and ${more} more`] : []),
    '',
    ...wrap(outcome(simulation, until), '  ', room),
    '',
    style.title('What the kernel knows, and this does not'),
    ...caveats.flatMap((text) => wrap(text, '  • ', room)),
  ]
}

export function headline({ node, domain, processCount }: NodeSimulation): string {
  const processes = formatCount(processCount, 'process', 'processes')
  const { cgroupPath, limitCgroupPath = cgroupPath, limitKib, totalKib, usageKib } = domain ?? {}
  if (limitKib === undefined) {
    const total = totalKib === undefined ? '' : `, ${formatKib(totalKib)} of RAM and swap`
    const asked =
      cgroupPath === undefined
        ? ''
        : `No memory limit covers cgroup ${cgroupPath}, whose processes alone are looked at. `
    return `${asked}If the memory of ${node} runs out now (${processes}${total}):`
  }
  const charged = usageKib === undefined ? '' : `, of which ${formatKib(usageKib)} are charged`
  return `If cgroup ${limitCgroupPath ?? '?'} of ${node} hits its limit now (${processes}; ${formatKib(limitKib)}${charged}):`
}

function columns({ pageSizeKib }: NodeSimulation): readonly Column<Kill>[] {
  const points = (pages: number | undefined) => {
    if (pages === undefined || pageSizeKib === undefined) return undefined
    return pages < 0 ? `-${formatKib(-pages * pageSizeKib)}` : formatKib(pages * pageSizeKib)
  }
  return [
    { head: '  #', cell: ({ number }) => String(number).padStart(3) },
    { head: 'COMMAND', cell: ({ victim }) => victim.command },
    { head: 'PID', cell: ({ victim }) => String(victim.pid) },
    { head: 'ADJ', cell: ({ victim }) => String(victim.oomScoreAdj), leaves: 3 },
    { head: 'POINTS', cell: ({ victim }) => points(victim.badnessPages), leaves: 4 },
    { head: 'FREES', cell: ({ freesKib }) => formatKib(freesKib) },
    { head: 'IN_ALL', cell: ({ freedKib }) => formatKib(freedKib), leaves: 5 },
    {
      head: 'WITH_IT',
      cell: ({ others }) => (others.length === 0 ? undefined : `${others.length} of its group`),
      isRare: true,
    },
    {
      head: 'POD',
      cell: ({ victim: { namespace, podName } }) => podName && `${namespace ?? ''}/${podName}`,
      isRare: true,
    },
    { head: 'CONTAINER', cell: ({ victim }) => victim.containerName, isRare: true, leaves: 2 },
    { head: 'CGROUP', cell: ({ victim }) => victim.cgroupPath, isWide: true, leaves: 1 },
  ]
}

function outcome({ kills, reached, isWhole }: NodeSimulation, until: number | undefined): string {
  const count = formatCount(kills.length, 'kill')
  const freed = formatKib(kills.at(-1)?.freedKib ?? 0)
  if (until === undefined) {
    const end = isWhole ? 'until nobody is left that may be chosen' : 'of the likeliest victims'
    return `${count} ${end}; together they free ${freed}.`
  }
  if (reached) return `After ${count} ${freed} came free, of ${formatKib(until)} that were asked for.`
  const all = isWhole ? 'all that may be chosen' : 'the likeliest victims'
  return `${formatKib(until)} cannot be had: ${all} free ${freed}, in ${count}.`
}
