import type { RankedTask } from '#kernel/badness/badness.ts'
import { APPROXIMATE_RSS_SINCE, type OomFacts } from '../facts.ts'
import { formatCount } from '../quantity.ts'
import { state, type Statement } from '../statement.ts'
import type { PrintedChoice } from './printedChoice.ts'

/** The victim's place in the kernel's order, and when it is not the first, why. `at` counts from 0. */
export function victimPlaceStatement(
  facts: OomFacts,
  ranked: readonly RankedTask[],
  at: number | undefined,
  printed: PrintedChoice | undefined,
): Statement {
  const { oomCase } = facts
  const [victim] = oomCase.victims
  const [first] = ranked
  if (first === undefined)
    return state('None of the processes in the table could be killed: all are at −1000 or init.', { candidates: 0 })
  const n = formatCount(ranked.length, 'candidate')
  const firstIs = `${first.command} (pid ${first.pid}, ${first.badnessPages} pages)`
  const figures = {
    candidates: ranked.length,
    firstPid: first.pid,
    firstBadnessPages: first.badnessPages,
    victimRank: at === undefined ? undefined : at + 1,
    chosenPid: printed?.pid,
  }
  if (victim === undefined) return state(`Of ${n} the first is ${firstIs}; it was not killed.`, figures)
  if (at === 0)
    return state(
      `${victim.command} is the first of ${n} by the kernel’s own formula, with ${first.badnessPages} pages.`,
      figures,
    )

  const place =
    at === undefined ? `${victim.command} is not among the ${n}` : `${victim.command} is number ${at + 1} of ${n}`
  return state(`${place}; the first is ${firstIs}. ${whyNotFirst(facts, ranked, at, printed)}`, figures)
}

function whyNotFirst(
  { dump, taskOf, oomCase, version }: OomFacts,
  ranked: readonly RankedTask[],
  at: number | undefined,
  printed: PrintedChoice | undefined,
): string {
  const [victim] = oomCase.victims
  const row = taskOf(victim?.pid)
  if (oomCase.message?.includes('oom_kill_allocating_task') === true)
    return 'It died for having asked: vm.oom_kill_allocating_task is set.'
  if (printed !== undefined && printed.pid !== victim?.pid)
    return `The kernel chose pid ${printed.pid} and killed a child of it in its place, as kernels before 5.1 do.`
  if (row === undefined) return 'The table is cut, or the victim was born after it was printed.'
  if (row.oomScoreAdj === -1000)
    return 'It is at −1000: it shares its memory with a process that is not, or the table is another event’s.'
  if (row.swapPages === undefined) return 'The table has no swap column, and swap counts.'
  if (dump.trigger?.pid === victim?.pid) return 'It is the process that asked: vm.oom_kill_allocating_task may be set.'
  if (at !== undefined && ranked[at]?.badnessPages === ranked[0]?.badnessPages) return 'Both have the same points.'
  const approximate = version >= APPROXIMATE_RSS_SINCE ? ', which are approximate since 6.2,' : ''
  return `The printed numbers${approximate} do not say why: those before it may have been on their way out already.`
}
