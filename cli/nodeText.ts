import type { Verdict } from '../agent/node/checks/checks.ts'
import type { Severity } from '../agent/node/checks/check.ts'
import type { NodeSettings } from '../agent/node/nodeSettings.ts'
import { formatCount, formatKib } from '#kernel/explain/quantity.ts'
import type { TextOptions } from './analysis/analysedEvent.ts'
import { cell, paragraph, WIDTH } from './analysis/layout.ts'
import { styleOf, type Style } from './analysis/style.ts'
import type { NodeReport } from './nodeReport.ts'

const MARKS: Readonly<Record<Severity, string>> = { ok: '✓', note: '·', warning: '!', critical: '✗' }
const NAME_WIDTH = 28
const SEVERITY_WIDTH = 8
const VALUE_WIDTH = WIDTH - 4 - NAME_WIDTH - SEVERITY_WIDTH - 2
const INDENT = '      '

/** The node's settings for people, in 80 columns. */
export function formatNode({ settings, groups, kubelet }: NodeReport, { color, verbose }: TextOptions): string {
  const style = styleOf(color)
  const verdicts = groups.flatMap((group) => group.verdicts)
  return [
    ...paragraph(headline(settings), ''),
    ...paragraph(summary(verdicts), '').map((line) => style.verdict(line)),
    ...paragraph(aboutKubelet(kubelet), '').map(style.dim),
    ...groups.flatMap(({ title, verdicts: ofGroup }) => [
      '',
      style.title(title),
      ...ofGroup.flatMap((verdict) => verdictLines(verdict, style, verbose)),
    ]),
    ...zoneLines(settings, style),
  ].join('\n')
}

function aboutKubelet({ path, file }: NodeReport['kubelet']): string {
  if (file.config !== undefined) return `The kubelet’s configuration is ${path}.`
  return `The kubelet’s defaults are taken; ${path}: ${file.problem}.`
}

function headline({ kernelRelease, meminfo }: NodeSettings): string {
  const { memTotalKib, memAvailableKib, swapTotalKib } = meminfo
  const available = memAvailableKib === undefined ? '' : ` (${formatKib(memAvailableKib)} available)`
  const ram = memTotalKib === undefined ? [] : [`${formatKib(memTotalKib)} of RAM${available}`]
  const swap = swapTotalKib === undefined ? [] : [swapTotalKib === 0 ? 'no swap' : `${formatKib(swapTotalKib)} of swap`]
  return [`Linux ${kernelRelease ?? '(unknown)'}`, ...ram, ...swap].join(', ')
}

function summary(verdicts: readonly Verdict[]): string {
  const count = (severity: Severity) => verdicts.filter((verdict) => verdict.severity === severity).length
  const parts = [
    formatCount(count('critical'), 'critical setting'),
    formatCount(count('warning'), 'warning'),
    formatCount(count('note'), 'note'),
  ].filter((part) => !part.startsWith('0 '))
  const sound = `${count('ok')} of ${verdicts.length} sound for Kubernetes`
  return parts.length === 0 ? `${sound}.` : `${sound}; ${parts.join(', ')}.`
}

function verdictLines(
  { name, value, severity, text, sound, source }: Verdict,
  style: Style,
  verbose: boolean,
): string[] {
  const word = severity === 'ok' ? '' : severity
  const head =
    `  ${MARKS[severity]} ${cell(name, NAME_WIDTH)} ${cell(value ?? 'not there', VALUE_WIDTH)} ${word}`.trimEnd()
  const color = severity === 'ok' ? style.good : severity === 'note' ? (line: string) => line : style.warn
  return [
    color(head),
    ...paragraph(text, INDENT),
    ...(verbose ? paragraph(`Sound: ${sound}. Source: ${source}.`, INDENT).map(style.dim) : []),
  ]
}

function zoneLines({ zones, pageKib }: NodeSettings, style: Style): string[] {
  if (zones.length === 0) return []
  const size = (pages: number) => formatKib(pages * pageKib).padStart(10)
  const head = ['free', 'min', 'low', 'high', 'managed', 'kept back'].map((name) => name.padStart(10)).join(' ')
  const rows = zones.map((zone) => {
    const keptPages = Math.min(zone.protectionPages.at(-1) ?? 0, zone.managedPages)
    const pages = [zone.freePages, zone.minPages, zone.lowPages, zone.highPages, zone.managedPages, keptPages]
    return `  ${cell(`${zone.node} ${zone.name}`, 11)} ${pages.map(size).join(' ')}`
  })
  return ['', style.title('Zones and their watermarks'), `  ${'node zone'.padEnd(11)} ${head}`, ...rows]
}
