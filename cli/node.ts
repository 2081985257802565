import { basename, dirname, join } from 'node:path'
import { judgeNode, worstOf } from '../agent/node/checks/checks.ts'
import type { Severity } from '../agent/node/checks/check.ts'
import { DEFAULT_EVICTION, resolveEvictionKib, type KubeletConfig } from '../agent/node/kubelet/kubeletConfig.ts'
import { KUBELET_CONFIG, readKubeletFile } from '../agent/node/kubelet/kubeletFile.ts'
import type { NodeFiles } from '../agent/node/nodeFiles.ts'
import { readNodeSettings } from '../agent/node/nodeSettings.ts'
import { EXIT, printable, ProgramError } from '#program/errors.ts'
import type { FlagValues } from '#program/flags.ts'
import type { FailOn, nodeFlags } from './nodeFlags.ts'
import type { NodeReport } from './nodeReport.ts'
import { formatNode } from './nodeText.ts'

export interface NodePorts {
  openRoot(root: string): NodeFiles
  /** Asked only where there is a configuration: it needs zod and a YAML parser. */
  loadKubeletConfig: (text: string) => Promise<KubeletConfig | { problem: string }>
  /** Whether what is written is seen on a terminal that shows colours. */
  hasColor: boolean
}

export interface NodeAnswer {
  text: string
  exitCode: number
}

type NodeFlags = FlagValues<typeof nodeFlags>

/** @returns what `oomkeeper node` prints. @throws ProgramError where there is no node below the root, or not the configuration that is named */
export async function node(flags: NodeFlags, ports: NodePorts): Promise<NodeAnswer> {
  const root = flags.root ?? '/'
  const files = ports.openRoot(root)
  const settings = readNodeSettings(files)
  if (settings === undefined) throw noNode(root)
  const kubelet = await readKubelet(flags, files, ports)
  const { config } = kubelet.file
  const evictionKib =
    flags.evictionHard ?? resolveEvictionKib(config?.eviction ?? DEFAULT_EVICTION, settings.meminfo.memTotalKib)
  const groups = judgeNode(settings, { evictionKib, config })
  const severity = worstOf(groups.flatMap(({ verdicts }) => verdicts.map((verdict) => verdict.severity)))
  const report: NodeReport = { settings, groups, severity, evictionKib, kubelet }
  const text =
    flags.output === 'json'
      ? formatJson(report)
      : formatNode(report, { color: ports.hasColor && !flags.noColor, verbose: flags.verbose })
  return { text, exitCode: exitCodeFor(severity, flags.failOn) }
}

async function readKubelet(
  { root = '/', kubeletConfig: path }: NodeFlags,
  files: NodeFiles,
  ports: NodePorts,
): Promise<NodeReport['kubelet']> {
  if (path === undefined) {
    return {
      path: join(root, KUBELET_CONFIG),
      file: await readKubeletFile(files, KUBELET_CONFIG, ports.loadKubeletConfig),
    }
  }
  const file = await readKubeletFile(ports.openRoot(dirname(path)), basename(path), ports.loadKubeletConfig)
  if (file.config === undefined) throw noKubeletConfig(path, file.problem)
  return { path, file }
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

function formatJson({ settings, groups, severity, evictionKib, kubelet }: NodeReport): string {
  const { kernelRelease, meminfo, zones, pageKib } = settings
  const checks = groups.flatMap(({ title, verdicts }) =>
    verdicts.map(({ name, value, ...verdict }) => ({ name, group: title, value: value ?? null, ...verdict })),
  )
  const { path, file } = kubelet
  const kubeletConfig =
    file.config === undefined ? { path, problem: file.problem, config: null } : { path, config: file.config }
  const shown = { evictionKib: evictionKib ?? null, kubeletConfig }
  const report = { version: 1, severity, kernelRelease, ...shown, meminfo, pageKib, zones, checks }
  return JSON.stringify(report, undefined, 2)
}

function noNode(root: string): ProgramError {
  return new ProgramError(`--root: expected the root folder of a node, got: ${root} without proc/meminfo`, {
    code: 'NodeUnreadable',
    retry: false,
    facts: { root },
  })
}

function noKubeletConfig(path: string, problem: string): ProgramError {
  return new ProgramError(`--kubelet-config: expected a KubeletConfiguration, got: ${printable(path)}: ${problem}`, {
    code: 'NoKubeletConfig',
    retry: false,
    exitCode: EXIT.usage,
    facts: { path },
  })
}
