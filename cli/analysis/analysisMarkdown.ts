import { KIND_NAMES } from '#kernel/explain/memoryKinds.ts'
import { formatKib, formatShare } from '#kernel/explain/quantity.ts'
import type { Statement } from '#kernel/explain/statement.ts'
import { printable } from '#program/errors.ts'
import type { AnalysedEvent } from './analysedEvent.ts'

const SHOWN_PROCESSES = 10

/** Events as Markdown, to be put into an issue. The log's text is escaped: it may not become markup. */
export function formatMarkdown(events: readonly AnalysedEvent[]): string {
  return `${events.flatMap((event, at) => eventLines(event, at + 1)).join('\n')}\n`
}

function eventLines({ explanation }: AnalysedEvent, number: number): string[] {
  const { asked, limit, zones, memory, choice, worth, advice, missing } = explanation
  return [
    `## OOM event ${number}`,
    '',
    ...explanation.verdict.map((sentence) => `> ${escaped(sentence)}`),
    ...listed('Who asked, who died', texts(asked.statements)),
    ...listed('Which limit', texts(limit.statements)),
    ...listed('Why each zone refused', [
      ...zones.zones.map(({ node, text }) => `node ${node} ${text}`),
      ...texts(zones.statements),
    ]),
    ...listed('Where the memory went', [
      ...texts(memory.statements),
      ...memory.findings.map(({ name, text }) => `${name}: ${text}`),
    ]),
    ...table(
      ['kind', 'size', 'share'],
      memory.kinds
        .filter(({ kib }) => kib > 0)
        .map(({ kind, kib }) => [KIND_NAMES[kind], formatKib(kib), formatShare(kib, memory.wholeKib ?? 0)]),
    ),
    ...table(
      ['command', 'processes', 'resident', 'swap', 'page tables'],
      memory.processes
        .slice(0, SHOWN_PROCESSES)
        .map((group) => [
          group.command,
          String(group.processes),
          formatKib(group.residentKib),
          formatKib(group.swapKib),
          formatKib(group.pageTablesKib),
        ]),
    ),
    ...listed('Why this process', texts(choice.statements)),
    ...table(
      ['#', 'command', 'pid', 'points', 'oom_score_adj'],
      choice.ranking.map((task, at) => [
        String(at + 1),
        task.command,
        String(task.pid),
        String(task.badnessPages),
        String(task.oomScoreAdj ?? '–'),
      ]),
    ),
    ...listed('Was it worth it', texts(worth.statements)),
    ...listed(
      'What to do',
      advice.map(({ action, text }) => `${action}: ${text}`),
    ),
    ...listed('Not in the log', missing),
    '',
  ]
}

function texts(statements: readonly Statement[]): string[] {
  return statements.map(({ text }) => text)
}

function listed(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', `### ${title}`, '', ...items.map((item) => `- ${escaped(item)}`)]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return []
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`
  return ['', line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)]
}

/** Whatever Markdown or HTML would act on. */
function escaped(text: string): string {
  return printable(text)
    .replace(/[\\`*_{}[\]|#~]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
}
