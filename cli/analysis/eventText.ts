import type { Explanation } from '#kernel/explain/explanation.ts'
import { formatKib } from '#kernel/explain/quantity.ts'
import type { Statement } from '#kernel/explain/statement.ts'
import type { ZoneJudgement } from '#kernel/explain/watermark.ts'
import type { AnalysedEvent, TextOptions } from './analysedEvent.ts'
import { paragraph } from './layout.ts'
import { kindBars, processBars } from './memoryBars.ts'
import { rankingTable } from './rankingTable.ts'
import { styleOf, type Style } from './style.ts'

/** One event: the verdict first, then the seven sections. */
export function eventLines({ explanation }: AnalysedEvent, options: TextOptions): string[] {
  const style = styleOf(options.color)
  const sections = [
    section('1  Who asked, who died', sentences(explanation.asked.statements), style),
    section('2  Which limit', sentences(explanation.limit.statements), style),
    section('3  Why each zone refused', zoneLines(explanation, style, options.verbose), style),
    section('4  Where the memory went', memoryLines(explanation, style, options.verbose), style),
    section('5  Why this process', choiceLines(explanation, options.verbose), style),
    section('6  Was it worth it', sentences(explanation.worth.statements), style),
    section('7  What to do', adviceLines(explanation), style),
    section(
      'Not in the log',
      explanation.missing.flatMap((what) => paragraph(what, '  • ')),
      style,
    ),
  ]
  const verdict = explanation.verdict.flatMap((sentence) => paragraph(sentence)).map((line) => style.verdict(line))
  return [...verdict, ...sections.flat()]
}

function section(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : ['', style.title(title), ...lines]
}

function sentences(statements: readonly Statement[]): string[] {
  return statements.flatMap(({ text }) => paragraph(text))
}

function zoneLines({ zones }: Explanation, style: Style, verbose: boolean): string[] {
  const nodes = new Set(zones.zones.map(({ node }) => node)).size
  const lines = zones.zones.flatMap((zone) => {
    const text = nodes > 1 ? `Node ${zone.node} ${zone.text}` : zone.text
    const color = zone.refused === true ? style.warn : zone.refused === false ? style.good : style.dim
    return [...paragraph(text, '  • ').map(color), ...(verbose ? figureLines(zone) : [])]
  })
  return [...lines, ...sentences(zones.statements)]
}

function figureLines({ minKib, lowKib, highKib, reservePages }: ZoneJudgement): string[] {
  const figure = (name: string, value: number | undefined) => (value === undefined ? [] : [`${name} ${value}`])
  const figures = [
    ...figure('min', minKib),
    ...figure('low', lowKib),
    ...figure('high', highKib),
    ...figure('reserve pages', reservePages),
  ]
  return figures.length === 0 ? [] : paragraph(figures.join(', '), '      ')
}

function memoryLines({ memory }: Explanation, style: Style, verbose: boolean): string[] {
  const kinds = kindBars(memory, style, verbose)
  const processes = processBars(memory, style, verbose)
  const findings = memory.findings.flatMap(({ name, text }) => paragraph(`${name}: ${text}`, '  ! ')).map(style.warn)
  const slabs = memory.slabs.map(({ name, totalKib }) => `${name} ${formatKib(totalKib)}`)
  const sites = memory.allocations.map(({ site, bytes }) => `${site} ${formatKib(Math.round(bytes / 1024))}`)
  return [
    ...sentences(memory.statements),
    ...(kinds.length === 0 ? [] : ['', ...kinds]),
    ...(processes.length === 0 ? [] : ['', ...processes]),
    ...(verbose && slabs.length > 0 ? ['', ...paragraph(`Unreclaimable slab: ${slabs.join(', ')}.`)] : []),
    ...(verbose && sites.length > 0 ? ['', ...paragraph(`Allocated at: ${sites.join(', ')}.`)] : []),
    ...(findings.length === 0 ? [] : ['', ...findings]),
  ]
}

function choiceLines({ choice }: Explanation, verbose: boolean): string[] {
  const table = rankingTable(choice, verbose)
  return [
    ...sentences(choice.statements),
    ...(verbose ? paragraph(`Points: ${choice.formula}.`) : []),
    ...(table.length === 0 ? [] : ['', ...table]),
  ]
}

function adviceLines({ advice }: Explanation): string[] {
  if (advice.length === 0) return ['  The numbers support no advice.']
  return advice.flatMap(({ action, text }, at) => paragraph(`${capital(action)}: ${text}`, `  ${at + 1}. `))
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
