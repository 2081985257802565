import { EXIT, printable } from '#program/errors.ts'
import { withDefault, argumentOnly, type FlagValues } from '#program/flags.ts'
import type { About } from '#program/usage.ts'
import { countSchema } from '../rankFlags.ts'
import { formatAge } from './age.ts'
import { clusterFlags, namespaceFlags, oneOf, outputFlag } from './flags.ts'
import { formatObject } from './objects.ts'
import type { ReportPorts } from './ports.ts'
import { readReports, resolveNamespace, scopeWords } from './scope.ts'
import { formatTable, type Column } from './table.ts'
import { sparkline } from './trend.ts'
import { WINDOWS, WorkloadTally, type WorkloadKills, type WindowName } from './workloadTally.ts'

const WINDOW_NAMES = Object.keys(WINDOWS) as [WindowName, ...WindowName[]]

export const topFlags = {
  ...namespaceFlags,
  window: argumentOnly(
    withDefault<WindowName>(oneOf(WINDOW_NAMES), WINDOW_NAMES.join('|'), '24h', 'kills of the last day, or week'),
  ),
  top: withDefault(countSchema, 'N', '10', 'how many workloads'),
  output: outputFlag(['table', 'wide', 'json', 'yaml', 'name'], 'for people, with all columns, or for programs'),
  ...clusterFlags,
}

export const topAbout: About = {
  summary:
    'Shows the workloads that the OOM killer takes from most often, by kills in the last day or week. Beyond the 20 that a report lists these are kills of the current hour and the 23 before it, or of the current day (UTC) and the 6 before it. A number that is a least one, of a report without these counts, is shown as ≥20.',
  examples: ['kubectl oom top -A', 'kubectl oom top -A --window 7d --top 20', 'kubectl oom top -n shop -o json'],
  exitCodes: { 1: 'there was no kill' },
}

function columns(window: WindowName, nowMs: number): readonly Column<WorkloadKills>[] {
  return [
    { head: 'NAMESPACE', cell: ({ namespace }) => namespace, isRare: true },
    { head: 'WORKLOAD', cell: ({ workload }) => workload },
    {
      head: `KILLS(${window})`,
      cell: ({ windowKills, isLeast }) => `${isLeast ? '≥' : ''}${windowKills}`,
    },
    {
      head: window === '7d' ? 'PER_DAY' : 'PER_HOUR',
      cell: ({ perHour, perDay }) => drawn(window === '7d' ? perDay : perHour),
      isRare: true,
      leaves: 1,
    },
    { head: 'TOTAL', cell: ({ kills }) => String(kills), leaves: 4 },
    { head: 'HIDDEN', cell: ({ hiddenKills }) => hiddenKills?.toString() },
    { head: 'LAST', cell: ({ lastSeen }) => formatAge(lastSeen, nowMs) },
    { head: 'CONTAINERS', cell: ({ containers }) => containers.join(',') || undefined, isWide: true, leaves: 2 },
    { head: 'VICTIM', cell: ({ lastVictim }) => lastVictim, isWide: true, leaves: 3 },
    { head: 'FIRST', cell: ({ firstSeen }) => formatAge(firstSeen, nowMs), isWide: true, leaves: 2 },
  ]
}

/** @returns the exit code. @throws ProgramError */
export async function top(flags: FlagValues<typeof topFlags>, ports: ReportPorts): Promise<number> {
  const namespace = await resolveNamespace(flags, ports)
  const tally = new WorkloadTally(flags.window, ports.nowMs())
  for await (const { report } of readReports(namespace, ports)) tally.add(report)
  const worst = tally.worst(flags.top)
  const { output, window } = flags
  if (output === 'json' || output === 'yaml') {
    ports.write(formatObject({ version: 1, window, workloads: worst }, output))
  } else if (output === 'name') {
    for (const { namespace: where, workload } of worst)
      ports.write(`${printable(`${where === undefined ? '' : `${where}/`}${workload}`)}\n`)
  } else if (worst.length > 0) {
    const shown = namespace === undefined ? worst : worst.map((row) => ({ ...row, namespace: undefined }))
    const options = { isWide: output === 'wide', room: ports.columns }
    ports.write(`${formatTable(columns(window, ports.nowMs()), shown, options).join('\n')}\n`)
  }
  if (worst.length > 0) return EXIT.ok
  ports.warn(`No OOM kills in the last ${window} in ${scopeWords(namespace)}.`)
  return EXIT.finding
}

function drawn(counts: readonly number[] | undefined): string | undefined {
  return counts && sparkline(counts)
}
