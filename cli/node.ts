import { judgeNode, worstOf, type VerdictGroup } from '../agent/node/checks/checks.ts'
import type { Severity } from '../agent/node/checks/check.ts'
import type { NodeFiles } from '../agent/node/nodeFiles.ts'
import { readNodeSettings, type NodeSettings } from '../agent/node/nodeSettings.ts'
import { EXIT, ProgramError } from '#program/errors.ts'
import type { FlagValues } from '#program/flags.ts'
import type { FailOn, nodeFlags } from './nodeFlags.ts'
import { formatNode } from './nodeText.ts'

export interface NodePorts {
  openRoot(root: string): NodeFiles
  /** Whether what is written is seen on a terminal that shows colours. */
  hasColor: boolean
}

export interface NodeAnswer {
  text: string
  exitCode: number
}

type NodeFlags = FlagValues<typeof nodeFlags>

/** @returns what `oomkeeper node` prints. @throws ProgramError where there is no node below the root */
export function node(flags: NodeFlags, ports: NodePorts): NodeAnswer {
  const root = flags.root ?? '/'
  const settings = readNodeSettings(ports.openRoot(root))
  if (settings === undefined) throw noNode(root)
  const groups = judgeNode(settings, { evictionKib: flags.evictionHard })
  const severity = worstOf(groups.flatMap(({ verdicts }) => verdicts.map((verdict) => verdict.severity)))
  const text =
    flags.output === 'json'
      ? formatJson(settings, groups, severity, flags.evictionHard)
      : formatNode(settings, groups, { color: ports.hasColor && !flags.noColor, verbose: flags.verbose })
  return { text, exitCode: exitCodeFor(severity, flags.failOn) }
}

/** From which on each tells: `note` fails on all but ok. */
const FAILING: Readonly<Record<FailOn, readonly Severity[]>> = {
  note: ['note', 'warning', 'critical'],
  warning: ['warning', 'critical'],
  critical: ['critical'],
  never: [],
}

function exitCodeFor(severity: Severity, failOn: FailOn): number {
  if (!FAILING[failOn].includes(severity)) return EXIT.ok
  return severity === 'critical' ? EXIT.critical : EXIT.finding
}

function formatJson(
  { kernelRelease, meminfo, zones, pageKib }: NodeSettings,
  groups: readonly VerdictGroup[],
  severity: Severity,
  evictionKib: number,
): string {
  const checks = groups.flatMap(({ title, verdicts }) =>
    verdicts.map(({ name, value, ...verdict }) => ({ name, group: title, value: value ?? null, ...verdict })),
  )
  const report = { version: 1, severity, kernelRelease, evictionKib, meminfo, pageKib, zones, checks }
  return JSON.stringify(report, undefined, 2)
}

function noNode(root: string): ProgramError {
  return new ProgramError(`--root: expected the root folder of a node, got: ${root} without proc/meminfo`, {
    code: 'NodeUnreadable',
    retry: false,
    facts: { root },
  })
}
