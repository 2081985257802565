import { rankByBadness, totalPages, type RankedTask } from '#kernel/badness/badness.ts'
import { parseChoiceLine } from '#kernel/dump/killLine.ts'
import type { OomFacts } from './facts.ts'
import { heldBy } from './processGroups.ts'
import { formatCount, formatKib } from './quantity.ts'
import { state, type Statement } from './statement.ts'

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
  /** The kernel's order, the first ones. */
  ranking: readonly RankedCandidate[]
  candidates: number
  /** 1 for the first; undefined where the victim is not among them. */
  victimRank?: number | undefined
  /** The process the kernel chose, where a child of it died instead (before 5.1), and its printed score. */
  chosen?: { pid: number; score?: number | undefined } | undefined
  statements: readonly Statement[]
}

const SHOWN = 10

export function explainChoice(facts: OomFacts): ChoiceSection {
  const { dump, oomCase, version, pageKib } = facts
  const chosen = chosenOf(oomCase.rawLines)
  if (dump.tasks.length === 0)
    return {
      formula: formulaOf(version),
      ranking: [],
      candidates: 0,
      chosen,
      statements: [state('The dump has no task table: the choice cannot be recomputed.')],
    }
  // The formula of 2.6 went by run time and forks, which no line tells; el6 brought the later one and its column.
  if (version < 3000 && dump.tasks.every(({ oomScoreAdj }) => oomScoreAdj === undefined))
    return {
      formula: formulaOf(0),
      ranking: [],
      candidates: dump.tasks.length,
      chosen,
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
  const at = rankOfVictim(ranked, facts)
  return {
    formula: formulaOf(version),
    totalPages: total,
    ranking: ranked.slice(0, SHOWN).map((task) => candidateOf(task, total, pageKib)),
    candidates: ranked.length,
    victimRank: at === undefined ? undefined : at + 1,
    chosen,
    statements: [
      ...placeStatements(ranked, at, facts, chosen?.pid),
      ...passedOver(ranked, at, facts),
      ...protectedStatement(facts),
      ...scoreStatement(chosen, total, ranked, facts),
      ...(total === undefined
        ? [state('The total that oom_score_adj is a share of is not printed: it is left out.')]
        : []),
    ],
  }
}

function formulaOf(version: number): string {
  if (version === 0) return 'run time and forks'
  const points = 'resident + swap + page-table pages + oom_score_adj × total / 1000'
  if (version < 3014) return `${points}; root 3 % of the total less`
  return version < 4017 ? `${points}; root 3 % of its own points less` : points
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

function rankOfVictim(ranked: readonly RankedTask[], { oomCase }: OomFacts): number | undefined {
  const [victim] = oomCase.victims
  if (victim === undefined) return undefined
  const at = ranked.findIndex((task) => task.pid === victim.pid || task.tgid === victim.pid)
  return at < 0 ? undefined : at
}

function chosenOf(rawLines: readonly string[] | undefined): ChoiceSection['chosen'] {
  for (const line of rawLines ?? []) {
    const choice = parseChoiceLine(line)
    if (choice === undefined) continue
    const score = /\) score (\d+) /.exec(line)?.[1]
    return { pid: choice.pid, score: score === undefined ? undefined : Number(score) }
  }
  return undefined
}

/** The victim's place, and when it is not the first, why. */
function placeStatements(
  ranked: readonly RankedTask[],
  at: number | undefined,
  facts: OomFacts,
  chosenPid: number | undefined,
): Statement[] {
  const { oomCase, dump, version } = facts
  const [victim] = oomCase.victims
  const [first] = ranked
  const n = formatCount(ranked.length, 'candidate')
  if (first === undefined)
    return [state('None of the processes in the table could be killed: all are at −1000 or init.', { candidates: 0 })]
  const figures = {
    candidates: ranked.length,
    firstPid: first.pid,
    firstBadnessPages: first.badnessPages,
    victimRank: at === undefined ? undefined : at + 1,
  }
  const firstIs = `${first.command} (pid ${first.pid}, ${first.badnessPages} pages)`
  if (victim === undefined) return [state(`Of ${n} the first is ${firstIs}; it was not killed.`, figures)]
  if (at === 0)
    return [
      state(
        `${victim.command} is the first of ${n} by the kernel’s own formula, with ${first.badnessPages} pages.`,
        figures,
      ),
    ]

  if (oomCase.message?.includes('oom_kill_allocating_task') === true)
    return [
      state(
        `${victim.command} died for having asked: vm.oom_kill_allocating_task is set. The first of ${n} is ${firstIs}.`,
        figures,
      ),
    ]
  if (chosenPid !== undefined && chosenPid !== victim.pid)
    return [
      state(
        `The kernel chose pid ${chosenPid} and killed a child of it in its place, ${victim.command}, as kernels before 5.1 do.`,
        { ...figures, chosenPid },
      ),
    ]
  const place =
    at === undefined
      ? `${victim.command} is not among ${n} of the table`
      : `${victim.command} is number ${at + 1} of ${n}`
  return [
    state(
      `${place}; the first is ${firstIs}. ${whyNotFirst(facts, at, ranked, version, dump.trigger?.pid === victim.pid)}`,
      figures,
    ),
  ]
}

function whyNotFirst(
  { dump, oomCase }: OomFacts,
  at: number | undefined,
  ranked: readonly RankedTask[],
  version: number,
  asked: boolean,
): string {
  const [victim] = oomCase.victims
  const row = dump.tasks.find((task) => task.pid === victim?.pid || task.tgid === victim?.pid)
  if (row?.oomScoreAdj === -1000)
    return 'It is at −1000: it shares its memory with a process that is not, or the table is another event’s.'
  if (row === undefined) return 'The table is cut, or the victim was born after it was printed.'
  if (row.swapPages === undefined) return 'The table has no swap column, and swap counts.'
  if (asked) return 'It is the process that asked: vm.oom_kill_allocating_task may be set.'
  if (at !== undefined && ranked[at]?.badnessPages === ranked[0]?.badnessPages) return 'Both have the same points.'
  const approximate = version >= 6002 ? ' (from 6.2 on they are approximate)' : ''
  return `The printed numbers do not say why${approximate}: those before it may have been on their way out already.`
}

/** Processes that hold more than the victim and stand behind it, by oom_score_adj. */
function passedOver(ranked: readonly RankedTask[], at: number | undefined, { pageKib }: OomFacts): Statement[] {
  const victim = at === undefined ? undefined : ranked[at]
  if (victim === undefined) return []
  const held = (task: RankedTask) => Object.values(heldBy(task, pageKib)).reduce((sum, kib) => sum + kib, 0)
  const behind = ranked
    .slice((at ?? 0) + 1)
    .filter((task) => held(task) > held(victim) && (task.oomScoreAdj ?? 0) < (victim.oomScoreAdj ?? 0))
  const largest = behind.toSorted((a, b) => held(b) - held(a))[0]
  if (largest === undefined) return []
  return [
    state(
      `oom_score_adj decided: ${largest.command} (pid ${largest.pid}) holds ${formatKib(held(largest))} against ${formatKib(held(victim))}, but has ${largest.oomScoreAdj ?? 0} against ${victim.oomScoreAdj ?? 0}.`,
      {
        pid: largest.pid,
        heldKib: held(largest),
        oomScoreAdj: largest.oomScoreAdj,
        victimHeldKib: held(victim),
        victimOomScoreAdj: victim.oomScoreAdj,
      },
    ),
  ]
}

function protectedStatement({ dump, pageKib }: OomFacts): Statement[] {
  const spared = dump.tasks.filter(({ oomScoreAdj }) => oomScoreAdj === -1000)
  if (spared.length === 0) return []
  const kib = spared.reduce((sum, task) => sum + task.rssPages * pageKib, 0)
  return [
    state(
      `${formatCount(spared.length, 'process', 'processes')} at −1000 could not be chosen (${formatKib(kib)} resident).`,
      {
        processes: spared.length,
        residentKib: kib,
      },
    ),
  ]
}

/** Larger is not a score of thousandths: before 2.6.36 it was the points themselves. */
const MAX_SCORE = 2000

/** The printed score is badness in thousandths: it tells what the table has no column for. */
function scoreStatement(
  chosen: ChoiceSection['chosen'],
  total: number | undefined,
  ranked: readonly RankedTask[],
  { pageKib }: OomFacts,
): Statement[] {
  const task = ranked.find(({ pid }) => pid === chosen?.pid)
  if (chosen?.score === undefined || chosen.score > MAX_SCORE || total === undefined || task === undefined) return []
  const scoreKib = Math.round((chosen.score * total) / 1000) * pageKib
  const figures = { score: chosen.score, totalPages: total, scoreKib, badnessPages: task.badnessPages }
  const printed = `The kernel printed score ${chosen.score}: ${formatKib(scoreKib)} of ${formatKib(total * pageKib)} RAM and swap`
  if (task.swapPages !== undefined || scoreKib < 2 * task.badnessPages * pageKib) return [state(`${printed}.`, figures)]
  return [
    state(
      `${printed}. ${formatKib(task.rssPages * pageKib)} of that is resident: the rest is in swap, which this table does not list.`,
      figures,
    ),
  ]
}
