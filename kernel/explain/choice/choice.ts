import { rankByBadness, totalPages, type RankedTask } from '#kernel/badness/badness.ts'
import type { OomFacts } from '../facts.ts'
import { formatCount, formatKib } from '../quantity.ts'
import { state, type Statement } from '../statement.ts'
import { findPassedOver, passedOverStatement, type PassedOver } from './passedOver.ts'
import { findPrintedChoice, printedScoreStatement, type PrintedChoice } from './printedChoice.ts'
import { victimPlaceStatement } from './victimPlace.ts'

/** A candidate as the kernel weighs it. */
export interface RankedCandidate {
  pid: number
  command: string
  badnessPages: number
  /** Badness in thousandths of the total; undefined where the total is not known. */
  thousandths?: number | undefined
  residentKib: number
  oomScoreAdj?: number | undefined
}

/** Why this process. */
export interface ChoiceSection {
  formula: string
  /** What oom_score_adj is a share of. */
  totalPages?: number | undefined
  /** The first ones in the kernel's order. */
  ranking: readonly RankedCandidate[]
  candidates: number
  /** 1 for the first; undefined where the victim is not among them. */
  victimRank?: number | undefined
  printedChoice?: PrintedChoice | undefined
  passedOver?: PassedOver | undefined
  statements: readonly Statement[]
}

const SHOWN = 10

export function explainChoice(facts: OomFacts): ChoiceSection {
  const { dump, oomCase, version, pageKib } = facts
  const printedChoice = findPrintedChoice(oomCase.rawLines)
  const none = { ranking: [], candidates: dump.tasks.length, printedChoice }
  if (dump.tasks.length === 0)
    return {
      ...none,
      formula: formulaOf(version),
      statements: [state('The dump has no task table: the choice cannot be recomputed.')],
    }
  // 2.6 went by run time and forks, which no line tells; el6 brought the later formula and its column.
  if (version < 3000 && dump.tasks.every(({ oomScoreAdj }) => oomScoreAdj === undefined))
    return {
      ...none,
      formula: 'run time and forks',
      statements: [
        state('This kernel weighed run time and forks, which are not printed: the choice is not recomputed.'),
      ],
    }

  const total = totalPages(dump)
  const ranked = rankByBadness(dump.tasks, {
    totalPages: total,
    kernelRelease: dump.kernelRelease,
    pageSizeKib: pageKib,
  })
  const at = placeOfVictim(ranked, facts)
  const passedOver = findPassedOver(ranked, at, pageKib)
  return {
    formula: formulaOf(version),
    totalPages: total,
    ranking: ranked.slice(0, SHOWN).map((task) => candidateOf(task, total, pageKib)),
    candidates: ranked.length,
    victimRank: at === undefined ? undefined : at + 1,
    printedChoice,
    passedOver,
    statements: [
      victimPlaceStatement(facts, ranked, at, printedChoice),
      ...passedOverStatement(passedOver),
      ...protectedStatement(facts),
      ...printedScoreStatement(facts, ranked, printedChoice, total),
      ...(total === undefined ? [state('What oom_score_adj is a share of is not printed: it is left out.')] : []),
    ],
  }
}

function formulaOf(version: number): string {
  const points = 'resident + swap + page-table pages + oom_score_adj × total / 1000'
  if (version < 3014) return `${points}; root 3 % of the total less`
  return version < 4017 ? `${points}; root 3 % of its own points less` : points
}

function placeOfVictim(ranked: readonly RankedTask[], { oomCase }: OomFacts): number | undefined {
  const [victim] = oomCase.victims
  const at = ranked.findIndex((task) => task.pid === victim?.pid || task.tgid === victim?.pid)
  return at < 0 ? undefined : at
}

function candidateOf(task: RankedTask, total: number | undefined, pageKib: number): RankedCandidate {
  return {
    pid: task.pid,
    command: task.command,
    badnessPages: task.badnessPages,
    thousandths: total === undefined || total <= 0 ? undefined : Math.trunc((task.badnessPages * 1000) / total),
    residentKib: task.rssPages * pageKib,
    oomScoreAdj: task.oomScoreAdj,
  }
}

function protectedStatement({ dump, pageKib }: OomFacts): Statement[] {
  const spared = dump.tasks.filter(({ oomScoreAdj }) => oomScoreAdj === -1000)
  if (spared.length === 0) return []
  const residentKib = spared.reduce((sum, task) => sum + task.rssPages * pageKib, 0)
  const text = `${formatCount(spared.length, 'process', 'processes')} at −1000 could not be chosen (${formatKib(residentKib)} resident).`
  return [state(text, { processes: spared.length, residentKib })]
}
