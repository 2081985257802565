import { EXIT, printable } from '#program/errors.ts'
import type { FlagValues } from '#program/flags.ts'
import type { About } from '#program/usage.ts'
import { formatAge } from './age.ts'
import { clusterFlags, namespaceFlags, outputFlag } from './flags.ts'
import { formatList, withoutManagedFields } from './objects.ts'
import type { ReportPorts } from './ports.ts'
import { nameOf } from './reference.ts'
import type { Report } from './report.ts'
import { readReports, resolveNamespace, scopeWords } from './scope.ts'
import { formatTable, type Column } from './table.ts'

export const listFlags = {
  ...namespaceFlags,
  output: outputFlag(['table', 'wide', 'json', 'yaml', 'name'], 'for people, with all columns, or for programs'),
  ...clusterFlags,
}

export const listAbout: About = {
  summary:
    'Lists what the OOM killer took from the workloads of a namespace, a line for each container of each workload, the newest kill first.',
  examples: ['kubectl oom list', 'kubectl oom list -A -o wide', 'kubectl oom list -n shop -o json'],
  exitCodes: { 1: 'there is no report' },
}

/** Those of nodes have no container, no hidden kills. */
function columns(nowMs: number): readonly Column<Report>[] {
  return [
    { head: 'NAMESPACE', cell: ({ namespace }) => namespace, isRare: true },
    { head: 'NAME', cell: ({ kind, name }) => (kind === 'OOMReport' ? name : `node/${name}`) },
    { head: 'WORKLOAD', cell: ({ workload }) => workload, leaves: 6 },
    { head: 'CONTAINER', cell: ({ container }) => container, leaves: 5, isRare: true },
    { head: 'KILLS', cell: ({ status }) => status?.kills?.toString() },
    { head: 'HIDDEN', cell: ({ status }) => status?.hiddenKills?.toString() },
    { head: 'LAST', cell: ({ status }) => formatAge(status?.lastSeen, nowMs) },
    { head: 'SCOPE', cell: ({ status }) => status?.last.scope, leaves: 3 },
    { head: 'VICTIM', cell: ({ status }) => status?.last.victim, leaves: 4 },
    { head: 'NODE', cell: ({ status }) => status?.last.node, leaves: 2 },
    { head: 'LIMIT', cell: ({ status }) => status?.last.limit, isWide: true, leaves: 1 },
    { head: 'RSS', cell: ({ status }) => status?.last.rss, isWide: true, leaves: 1 },
    { head: 'FIRST', cell: ({ status }) => formatAge(status?.firstSeen, nowMs), isWide: true, leaves: 1 },
  ]
}

/** @returns the exit code. @throws ProgramError */
export async function list(flags: FlagValues<typeof listFlags>, ports: ReportPorts): Promise<number> {
  const { output } = flags
  const namespace = await resolveNamespace(flags, ports)
  const reports: Report[] = []
  const objects: unknown[] = []
  for await (const { report, object } of readReports(namespace, ports)) {
    // For a table each is kept without its lists: a cluster may have thousands.
    reports.push({ ...report, status: report.status && { ...report.status, lastKills: [] } })
    if (output === 'json' || output === 'yaml') objects.push(withoutManagedFields(object))
  }
  if (output === 'json' || output === 'yaml') ports.write(formatList(objects, output))
  else if (output === 'name') for (const { kind, name } of reports) ports.write(`${printable(nameOf(kind, name))}\n`)
  else if (reports.length > 0) {
    const rows = reports.toSorted(byNewest)
    // A namespace that was asked for is no news.
    const shown = namespace === undefined ? rows : rows.map((row) => ({ ...row, namespace: undefined }))
    const options = { isWide: output === 'wide', room: ports.columns }
    ports.write(`${formatTable(columns(ports.nowMs()), shown, options).join('\n')}\n`)
  }
  if (reports.length > 0) return EXIT.ok
  ports.warn(`No OOM reports in ${scopeWords(namespace)}.`)
  return EXIT.finding
}

function byNewest(a: Report, b: Report): number {
  return (b.status?.lastSeen ?? '').localeCompare(a.status?.lastSeen ?? '') || a.name.localeCompare(b.name)
}
