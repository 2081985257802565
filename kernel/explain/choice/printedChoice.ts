import type { RankedTask } from '#kernel/badness/badness.ts'
import { exactInteger } from '#kernel/dump/number.ts'
import { parseChoiceLine } from '#kernel/dump/killLine.ts'
import type { OomFacts } from '../facts.ts'
import { formatKib } from '../quantity.ts'
import { state, type Statement } from '../statement.ts'

/** What the first of two kill lines said (before 5.1): the process chosen, of which a child may have died instead. */
export interface PrintedChoice {
  pid: number
  score?: number | undefined
}

export function findPrintedChoice(rawLines: readonly string[] = []): PrintedChoice | undefined {
  for (const line of rawLines) {
    const choice = parseChoiceLine(line)
    if (choice === undefined) continue
    // From the right: the command may hold the words too.
    const score = /.*\) score (\d+) /s.exec(line)?.[1]
    return { pid: choice.pid, score: exactInteger(score) }
  }
  return undefined
}

/** A larger one is not in thousandths: before 2.6.36 it was the points themselves. */
const MAX_SCORE = 2000

/** The printed score is badness in thousandths, and tells what the table has no column for. */
export function printedScoreStatement(
  { pageKib, isMemcg }: OomFacts,
  ranked: readonly RankedTask[],
  printed: PrintedChoice | undefined,
  totalPages: number | undefined,
): Statement[] {
  const task = ranked.find(({ pid }) => pid === printed?.pid)
  const score = printed?.score
  if (score === undefined || score > MAX_SCORE || totalPages === undefined || task === undefined) return []
  const scoreKib = Math.round((score * totalPages) / 1000) * pageKib
  const whole = `${formatKib(totalPages * pageKib)} ${isMemcg ? 'that the cgroup may use' : 'RAM and swap'}`
  const text = `The kernel printed score ${score}: ${formatKib(scoreKib)} of ${whole}.`
  const figures = { score, totalPages, scoreKib, badnessPages: task.badnessPages }
  const isTold = task.swapPages !== undefined || scoreKib < 2 * task.badnessPages * pageKib
  if (isTold) return [state(text, figures)]
  const residentKib = task.rssPages * pageKib
  return [
    state(
      `${text} ${formatKib(residentKib)} of that is resident: the rest is in swap, which this table does not list.`,
      {
        ...figures,
        residentKib,
      },
    ),
  ]
}
