import { EXIT, ProgramError } from '#program/errors.ts'
import type { ReportPorts } from './ports.ts'
import { parseReference } from './reference.ts'
import type { ReadReport } from './scope.ts'

/** Reads the report that somebody named. @throws ProgramError */
export async function readReport(
  name: string | undefined,
  namespace: string | undefined,
  { reports }: Pick<ReportPorts, 'reports'>,
): Promise<ReadReport> {
  if (name === undefined) throw usage('expected the name of a report, got none: `list` shows them')
  const place = parseReference(name, namespace)
  if (place === undefined) throw usage(`expected NAME, or node/NODE for a node's report, got "${name}"`)
  if (place.kind === 'OOMReport') place.namespace ??= await reports.currentNamespace()
  // Loaded only when asked for: it needs zod.
  const { parseReport } = await import('./report.ts')
  const object = await reports.get(place)
  const report = parseReport(object)
  if (report !== undefined) return { report, object }
  const message = `expected ${place.kind} ${place.name}, got an object that is none`
  throw new ProgramError(message, { code: 'ObjectUnreadable', retry: false })
}

export function usage(message: string): ProgramError {
  return new ProgramError(message, { code: 'UsageWrong', retry: false, exitCode: EXIT.usage })
}
