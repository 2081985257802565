import { stoodAfter } from '../../operator/reports/lineVerdict.ts'
import { EXIT, ProgramError, printable } from '#program/errors.ts'
import { argumentOnly, switchedOff, type FlagValues } from '#program/flags.ts'
import type { About } from '#program/usage.ts'
import { paragraph } from '../analysis/layout.ts'
import { styleOf } from '../analysis/style.ts'
import { clusterFlags, colorFlag, namespaceFlag, operatorFlags, outputFlag } from './flags.ts'
import { eventWithoutDump, unpackDump } from './killDump.ts'
import { formatObject } from './objects.ts'
import { readReport, usage } from './oneReport.ts'
import type { ReportPorts } from './ports.ts'
import type { Report, ReportedKill } from './report.ts'
import { victimOf } from './killText.ts'
import { momentOf, oneKillLines, titleOf } from './reportText.ts'

export const explainFlags = {
  ...namespaceFlag,
  output: outputFlag(['text', 'json', 'yaml', 'markdown'], 'for people, for programs, or to be put into an issue'),
  verbose: argumentOnly(switchedOff('all processes, candidates and figures of each zone')),
  ...colorFlag,
  ...operatorFlags,
  ...clusterFlags,
}

export const explainAbout: About = {
  summary:
    "Explains one kill from the kernel's own lines, which the operator's stream keeps for seven days: who asked, which limit was hit, where the memory went, why this process, and what to do. Needs the right to forward a port to the operator.",
  operand: {
    placeholder: 'REPORT [KILL]',
    help: "the report's name, or node/NODE; the kill's number as `show` has it, without it the newest",
    most: 2,
  },
  examples: [
    'kubectl oom explain -n shop deployment.web.app',
    'kubectl oom explain -n shop deployment.web.app 3 -o markdown',
    'kubectl oom explain node/node-a',
  ],
  exitCodes: { 1: 'there is no such report or kill, or the lines are gone: then what the report holds is shown' },
}

type ExplainFlags = FlagValues<typeof explainFlags>

/** @returns the exit code. @throws ProgramError */
export async function explain(flags: ExplainFlags, operands: readonly string[], ports: ReportPorts): Promise<number> {
  const [name, numberText = '1'] = operands
  const { report } = await readReport(name, flags.namespace, ports)
  const { kill, number } = chooseKill(report, numberText)
  const stored = await ports.operator.findKill(kill)
  if (stored === undefined) {
    const gone = 'it keeps seven days, and fewer when it is full'
    const reason = `The stream of kills does not hold ${victimOf(kill) ?? 'this kill'} any more: ${gone}.`
    return tellWhatIsLeft(reason, flags, report, { kill, number }, ports)
  }
  const { event } = stored
  const dump = event.rawDump === undefined ? undefined : unpackDump(event.rawDump)
  if (dump === undefined && event.outcome === 'killed' && event.victim === undefined) {
    const reason = "The kernel's line of this kill is lost: its count of kills tells that there was one."
    return tellWhatIsLeft(reason, flags, report, { kill, number }, ports)
  }
  // Loaded only when asked for: it reads logs.
  const { analysisReport, analyze } = await import('../analyze.ts')
  const options = { ...flags, event: undefined }
  const printed = { write: (text: string) => ports.write(text), hasColor: ports.hasColor }
  if (flags.output === 'text') ports.write(heading(report, kill, number, ports, flags))
  if (dump !== undefined) {
    const readLog = () => oneChunk(dump)
    await analyze(options, `kill ${number} of ${report.name}`, { readLog, ...printed })
  } else {
    const after = stoodAfter(event)
    if (flags.output === 'text' && after !== undefined) ports.write(`${paragraph(after, '').join('\n')}\n\n`)
    const output = analysisReport(options, printed)
    output.add(eventWithoutDump(event))
    output.end()
  }
  if (event.rawDumpTruncated) ports.warn("The kernel's lines were too long to be kept whole: the end is missing.")
  return EXIT.ok
}

async function* oneChunk(chunk: Buffer): AsyncGenerator<Buffer> {
  yield chunk
}

function chooseKill(report: Report, text: string): { kill: ReportedKill; number: number } {
  const kills = report.status?.lastKills ?? []
  const number = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined
  if (number === undefined) throw usage(`KILL: expected a number as \`show\` has it, got "${text}"`)
  const kill = kills[number - 1]
  if (kill !== undefined) return { kill, number }
  const has = kills.length === 0 ? 'none' : kills.length === 1 ? 'one' : `${kills.length}, 1 the newest`
  const message = `expected kill ${number} in the report ${report.name}, which holds ${has}`
  throw new ProgramError(message, { code: 'KillMissing', retry: false, exitCode: EXIT.finding })
}

function heading(
  report: Report,
  kill: ReportedKill,
  number: number,
  ports: ReportPorts,
  { noColor }: ExplainFlags,
): string {
  const { dim } = styleOf(ports.hasColor && !noColor)
  const when = momentOf(kill.time, ports.nowMs()) ?? 'at an unknown time'
  const where = `on ${kill.node ?? 'an unknown node'}${kill.podName === undefined ? '' : `, pod ${kill.podName}`}`
  return `${paragraph(`Kill ${number} of ${titleOf(report)}, ${when} ${where}:`, '')
    .map(dim)
    .join('\n')}\n\n`
}

/** What the report holds of it; for programs, beside no event, the kill as it stands there. */
function tellWhatIsLeft(
  reason: string,
  { output, noColor }: ExplainFlags,
  report: Report,
  { kill, number }: { kill: ReportedKill; number: number },
  ports: ReportPorts,
): number {
  ports.warn(printable(`${reason} The report has this of it:`))
  if (output === 'json' || output === 'yaml') {
    ports.write(formatObject({ version: 1, events: [], reported: kill }, output))
  } else {
    const style = styleOf(ports.hasColor && !noColor)
    const options = { nowMs: ports.nowMs(), room: ports.columns, isWide: true, style }
    ports.write(`${oneKillLines(report, kill, number, options).join('\n')}\n`)
  }
  return EXIT.finding
}
