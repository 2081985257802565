import { formatCount, formatKib } from '#kernel/explain/quantity.ts'
import { EXIT } from '#program/errors.ts'
import type { FlagValues } from '#program/flags.ts'
import { compareKills, type Difference } from '../../agent/simulate/compare.ts'
import type { NodeSimulation } from '../../operator/api/nodeSimulation.ts'
import { simulateRanking } from '../../operator/rank/simulateRanking.ts'
import { styleOf } from '../analysis/style.ts'
import { MAX_TOP_OF_NODE } from '../rankFlags.ts'
import { formatObject } from '../reports/objects.ts'
import { usage } from '../reports/oneReport.ts'
import { caveatsOf, headline, type simulateNodeFlags } from '../reports/simulateNode.ts'
import { formatTable, type Column } from '../reports/table.ts'
import { wrap } from '../reports/textOptions.ts'
import { celRules } from './celRules.ts'
import { gatherClusterObjects } from './clusterObjects.ts'
import { parsePolicies } from './parsePolicies.ts'
import type { SimulationPorts } from './ports.ts'
import { describeProtectedMemory, previewAsSet, type ProtectedMemory } from './previewAsSet.ts'
import { previewRanking } from './previewRanking.ts'
import { findingsOf } from './testResult.ts'

type Flags = FlagValues<typeof simulateNodeFlags>

interface Beside {
  without: NodeSimulation
  with: NodeSimulation
  differences: readonly Difference[]
  /** Of processes of which a ranking does not tell whether they are chosen. */
  undecided: number
  protectedMemory: ProtectedMemory
  /** What the policies do not do, and what could not be had. */
  notes: readonly string[]
}

/** Whom the kernel would take of a node now, and whom with policies, as if they were enforced. @returns the exit code @throws ProgramError */
export async function simulateWithPolicies(
  flags: Flags,
  node: string | undefined,
  ports: SimulationPorts,
): Promise<number> {
  if (node === undefined) throw usage('expected NODE, got none')
  const { policy = '-', until, pod, container, cgroup, output } = flags
  const { policies, problems } = parsePolicies(await ports.readText(policy), celRules())
  for (const problem of problems) ports.warn(problem)
  if (problems.length > 0) return EXIT.usage
  const objects = await gatherClusterObjects(ports.objects())
  const { preview, protectedMemory, now } = await ports.withOperator(async (operator) => ({
    ...(await previewAsSet(policies, objects, flags, () => operator.settings())),
    now: await operator.rankNode({ node, top: MAX_TOP_OF_NODE, pod, container, cgroup }),
  }))
  const then = previewRanking(now, preview.decided)
  const [before, after] = [simulateRanking(now, until), simulateRanking(then.ranking, until)]
  const beside: Beside = {
    without: before,
    with: after,
    differences: compareKills(before, after),
    undecided: then.undecided.length,
    protectedMemory,
    notes: [...findingsOf(preview), ...objects.notes],
  }
  if (output === 'json' || output === 'yaml') {
    ports.write(formatObject({ version: 1, node, ...beside, caveats: caveatsOf(before) }, output))
  } else ports.write(`${textLines(beside, flags, ports).join('\n')}\n`)
  const isEnough = until === undefined || after.reached
  return isEnough && beside.differences.length > 0 ? EXIT.ok : EXIT.finding
}

interface Row {
  number: number
  now: NodeSimulation['kills'][number] | undefined
  after: NodeSimulation['kills'][number] | undefined
}

function textLines(beside: Beside, { top, noColor, output }: Flags, ports: SimulationPorts): string[] {
  const { columns: room, hasColor } = ports
  const style = styleOf(hasColor && !noColor)
  const { without, with: after, undecided, notes, protectedMemory } = beside
  const count = Math.min(top, Math.max(without.kills.length, after.kills.length))
  const rows = [...Array(count).keys()].map((at): Row => ({
    number: at + 1,
    now: without.kills[at],
    after: after.kills[at],
  }))
  const [head = '', ...lines] = formatTable(COLUMNS, rows, { isWide: output === 'wide', room })
  const unsure = `Of ${formatCount(undecided, 'process', 'processes')} it is not known here whether exe or cmdline choose them: taken as they are now.`
  return [
    ...wrap(headline(without), '', room).map(style.verdict),
    '',
    style.title(head),
    ...lines,
    '',
    ...wrap(outcome(beside), '  ', room),
    ...(undecided > 0 ? wrap(unsure, '  ', room) : []),
    ...notes.flatMap((note) => wrap(note, '  • ', room).map(style.warn)),
    ...wrap(describeProtectedMemory(protectedMemory), '  ', room).map(style.dim),
    '',
    style.title('What the kernel knows, and this does not'),
    ...caveatsOf(without).flatMap((text) => wrap(text, '  • ', room)),
  ]
}

const COLUMNS: readonly Column<Row>[] = [
  { head: '  #', cell: ({ number }) => String(number).padStart(3) },
  { head: 'NOW', cell: ({ now }) => victimOf(now) },
  { head: 'FREES', cell: ({ now }) => now && formatKib(now.freesKib), leaves: 1 },
  { head: 'WITH_THE_POLICIES', cell: ({ after }) => victimOf(after) },
  { head: 'FREES', cell: ({ after }) => after && formatKib(after.freesKib), leaves: 1 },
]

/** `shop/web-1 nginx(3001)`, and how many go with it. */
function victimOf(kill: Row['now']): string | undefined {
  if (kill === undefined) return undefined
  const { victim, others } = kill
  const process = `${victim.command}(${victim.pid})${others.length > 0 ? ` +${others.length}` : ''}`
  return victim.podName === undefined ? process : `${victim.namespace ?? ''}/${victim.podName} ${process}`
}

const MAX_NAMED = 5

function outcome({ differences }: Beside): string {
  if (differences.length === 0) return 'With the policies the same go, in the same order.'
  const named = differences.slice(0, MAX_NAMED).map(({ command, pid, before, after }) => {
    const process = `${command}(${pid})`
    if (after === undefined) return `${process} lives`
    return `${process} goes as number ${after}, ${before === undefined ? 'and lives now' : `now ${before}`}`
  })
  const more = differences.length > MAX_NAMED ? `; and ${differences.length - MAX_NAMED} others at another place` : ''
  return `With the policies: ${named.join('; ')}${more}.`
}
