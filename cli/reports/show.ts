import { EXIT, printable } from '#program/errors.ts'
import type { FlagValues } from '#program/flags.ts'
import type { About } from '#program/usage.ts'
import { styleOf } from '../analysis/style.ts'
import { clusterFlags, colorFlag, namespaceFlag, outputFlag } from './flags.ts'
import { formatObject, withoutManagedFields } from './objects.ts'
import { readReport } from './oneReport.ts'
import type { ReportPorts } from './ports.ts'
import { nameOf } from './reference.ts'
import { reportLines } from './reportText.ts'

export const showFlags = {
  ...namespaceFlag,
  output: outputFlag(['text', 'wide', 'json', 'yaml', 'name'], 'for people, with all columns, or for programs'),
  ...colorFlag,
  ...clusterFlags,
}

export const showAbout: About = {
  summary: 'Shows one report: how many kills, where, against which limit, and the last ones, the newest first.',
  operand: { placeholder: 'REPORT', help: "its name, as `list` has it; node/NODE for a node's" },
  examples: ['kubectl oom show -n shop deployment.web.app', 'kubectl oom show node/node-a'],
  exitCodes: { 1: 'there is no such report' },
}

/** @returns the exit code. @throws ProgramError */
export async function show(
  flags: FlagValues<typeof showFlags>,
  name: string | undefined,
  ports: ReportPorts,
): Promise<number> {
  const { report, object } = await readReport(name, flags.namespace, ports)
  const { output, noColor } = flags
  if (output === 'json' || output === 'yaml') ports.write(formatObject(withoutManagedFields(object), output))
  else if (output === 'name') ports.write(`${printable(nameOf(report.kind, report.name))}\n`)
  else {
    const style = styleOf(ports.hasColor && !noColor)
    const options = { nowMs: ports.nowMs(), room: ports.columns, isWide: output === 'wide', style }
    ports.write(`${reportLines(report, options).join('\n')}\n`)
  }
  return EXIT.ok
}
