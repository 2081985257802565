import { formatCount } from '#kernel/explain/quantity.ts'
import type { Style } from '../analysis/style.ts'
import { formatTable, type Column } from '../reports/table.ts'
import { wrap } from '../reports/textOptions.ts'
import { describeProtectedMemory } from './previewAsSet.ts'
import type { ContainerPreview, PolicyPreview } from './previewPolicies.ts'
import type { PolicyReplay } from './replayReports.ts'
import { rankingLines } from './rankingText.ts'
import { countOf, podsOf, type TestResult } from './testResult.ts'

export interface TestTextOptions {
  style: Style
  /** Columns of the terminal; undefined where there is none. */
  room: number | undefined
  isWide: boolean
  /** Lines of a table. */
  top: number
}

/** Nobody looks at longer lines, even where there is no terminal. */
const MAX_COLUMNS = 100

export function formatTest(result: TestResult, given: TestTextOptions): string[] {
  const { preview, nodes, replays, findings } = result
  const options = given.isWide ? given : { ...given, room: Math.min(given.room ?? MAX_COLUMNS, MAX_COLUMNS) }
  const { style, room } = options
  const verdict =
    findings.length === 0
      ? [style.good('Nothing speaks against it.')]
      : findings.flatMap((finding) => wrap(finding, '• ', room).map(style.warn))
  const notes = [...result.notes, describeProtectedMemory(result.protectedMemory)]
  return [
    ...preview.policies.flatMap((policy) => [...policyLines(policy, options), '']),
    ...nodes.flatMap((node) => [...rankingLines(node, options), '']),
    ...replays.flatMap((replay) => replayLines(replay, options)),
    ...notes.flatMap((note) => wrap(note, '  ', room).map(style.dim)),
    '',
    ...verdict,
  ]
}

/** What is left of a line behind the two columns before a table. */
export function indented(room: number | undefined): number | undefined {
  return room === undefined ? undefined : room - 2
}

/** Containers of one workload to which the same happens. */
interface Row extends ContainerPreview {
  count: number
}

function policyLines({ policy: { name, spec }, containers }: PolicyPreview, options: TestTextOptions): string[] {
  const { style, room, isWide, top } = options
  const head = `Policy ${name} (${spec.mode}, priority ${spec.priority})`
  if (containers.length === 0) return [style.title(head), ...wrap('It selects nothing here.', '  ', room)]
  const refused = countOf(containers, 'refused')
  const outranked = countOf(containers, 'outranked')
  const parts = [
    `${formatCount(podsOf(containers), 'pod')} with ${formatCount(containers.length, 'container')} match`,
    `it decides at ${countOf(containers, 'sets')}`,
    ...(outranked > 0 ? [`another policy does at ${outranked}`] : []),
    ...(refused > 0 ? [`guard rails refuse ${refused}`] : []),
  ]
  const audit = spec.mode === 'Audit' ? ' In mode Audit nothing is written; what follows is what Enforce would do.' : ''
  const some =
    spec.processes === undefined ? '' : ' Of a container, the processes that `processes` chooses have the value.'
  const rows = grouped(containers)
  const table = formatTable(columns(spec.killScope), rows.slice(0, top), { isWide, room: indented(room) })
  return [
    style.title(head),
    ...wrap(`${parts.join('; ')}.${audit}${some}`, '  ', room),
    '',
    ...table.map((line) => `  ${line}`).map((line, at) => (at === 0 ? style.dim(line) : line)),
    ...(rows.length > top ? [`  … and ${rows.length - top} more (--top)`] : []),
    ...reasonLines(containers, options),
  ]
}

const OUTCOMES: readonly ContainerPreview['outcome'][] = ['refused', 'outranked', 'sets']

function grouped(containers: readonly ContainerPreview[]): Row[] {
  const rows = new Map<string, Row>()
  for (const one of containers) {
    const { namespace, workload, container, qosClass, before, after, outcome, otherPolicy, why } = one
    const key = [namespace, workload, container, qosClass, before, after, outcome, otherPolicy, why?.reason].join('\n')
    const row = rows.get(key)
    if (row === undefined) rows.set(key, { ...one, count: 1 })
    else row.count++
  }
  // What is refused first: of ten thousand rows it would not be seen.
  const order = ({ outcome, namespace, workload, container }: Row): string =>
    `${OUTCOMES.indexOf(outcome)} ${namespace}/${workload}/${container}`
  return [...rows.values()].toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
}

function columns(killScope: string | undefined): readonly Column<Row>[] {
  return [
    { head: 'NAMESPACE', cell: ({ namespace }) => namespace },
    { head: 'WORKLOAD', cell: ({ workload }) => workload },
    { head: 'CONTAINER', cell: ({ container }) => container },
    { head: 'PODS', cell: ({ count }) => String(count) },
    { head: 'QOS', cell: ({ qosClass }) => qosClass, leaves: 2 },
    { head: 'BEFORE', cell: ({ before }) => before?.toString(), isRare: true },
    { head: 'AFTER', cell: afterOf, isRare: true },
    { head: 'KILL_SCOPE', cell: ({ outcome }) => (outcome === 'sets' ? killScope : undefined), isRare: true },
    { head: 'WHY_NOT', cell: whyNot, isRare: true },
    { head: 'TYPE', cell: ({ type }) => type, isWide: true, leaves: 1 },
    {
      head: 'NODE',
      cell: ({ node, count }) => (count === 1 ? node : undefined),
      isWide: true,
      isRare: true,
      leaves: 1,
    },
  ]
}

function afterOf({ outcome, after }: Row): string | undefined {
  return outcome === 'sets' ? after?.toString() : undefined
}

function whyNot({ outcome, otherPolicy, why }: Row): string | undefined {
  if (outcome === 'refused') return why?.reason
  if (otherPolicy === undefined) return undefined
  return outcome === 'outranked' ? `${otherPolicy} decides` : `where ${otherPolicy} does not`
}

function reasonLines(containers: readonly ContainerPreview[], { style, room }: TestTextOptions): string[] {
  const messages = new Map(containers.flatMap(({ why }) => (why === undefined ? [] : [[why.message, why] as const])))
  return [...messages.values()].flatMap(({ reason, message }) =>
    wrap(`${reason}: ${message}.`, '  • ', room).map(style.warn),
  )
}

function replayLines({ policy, counts, changed, message }: PolicyReplay, options: TestTextOptions): string[] {
  const { style, room, isWide, top } = options
  if (Object.values(counts).every((count) => count === 0)) return []
  const table = formatTable(
    [
      { head: 'TIME', cell: ({ time }) => time },
      { head: 'NODE', cell: ({ node }) => node, leaves: 1 },
      { head: 'WORKLOAD', cell: ({ workload }) => workload },
      { head: 'DIED', cell: ({ victim }) => victim },
      { head: 'INSTEAD', cell: ({ instead }) => instead },
    ],
    changed.slice(0, top),
    { isWide, room: indented(room) },
  )
  return [
    style.title(`Past kills and policy ${policy}`),
    ...wrap(`Alone it ${message}.`, '  ', room),
    ...(changed.length === 0 ? [] : ['', ...table.map((line) => `  ${line}`)]),
    '',
  ]
}
