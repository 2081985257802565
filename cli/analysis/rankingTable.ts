import type { ChoiceSection } from '#kernel/explain/choice/choice.ts'
import { formatKib } from '#kernel/explain/quantity.ts'
import { cell, numberCell } from './layout.ts'

const SHOWN = 5

/** The first candidates in the kernel's order; an arrow marks the victim's. */
export function rankingTable({ ranking, victimRank }: ChoiceSection, verbose: boolean): string[] {
  const shown = verbose ? ranking : ranking.slice(0, SHOWN)
  if (shown.length === 0) return []
  const head = `       ${'command'.padEnd(16)} ${'pid'.padStart(8)} ${'points'.padStart(10)} ${'of 1000'.padStart(8)} ${'resident'.padStart(10)} ${'adj'.padStart(6)}`
  const rows = shown.map((candidate, at) => {
    const mark = at + 1 === victimRank ? '→' : ' '
    const columns = [
      numberCell(candidate.pid, 8),
      numberCell(candidate.badnessPages, 10),
      numberCell(candidate.thousandths, 8),
      formatKib(candidate.residentKib).padStart(10),
      numberCell(candidate.oomScoreAdj, 6),
    ]
    return `  ${mark} ${String(at + 1).padStart(2)} ${cell(candidate.command, 16)} ${columns.join(' ')}`
  })
  return [head, ...rows]
}
