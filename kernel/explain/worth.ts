import { APPROXIMATE_RSS_SINCE, processPartOf, type OomFacts } from './facts.ts'
import { formatKib } from './quantity.ts'
import { state, type Statement } from './statement.ts'
import type { ZoneJudgement } from './watermark.ts'

/** What the kill freed, against what was needed. */
export interface WorthSection {
  /** Anonymous memory and page tables of the victims: what goes with a process for certain. */
  freedKib?: number | undefined
  /** A machine: what its zones lack to the high watermark. A cgroup: the request. */
  neededKib?: number | undefined
  wholeKib?: number | undefined
  /** undefined where it cannot be told. */
  enough?: boolean | undefined
  statements: readonly Statement[]
}

/** Less than this of the whole is soon asked for again. */
const SHORT_RELIEF_SHARE = 0.01

export function explainWorth(facts: OomFacts, zones: readonly ZoneJudgement[]): WorthSection {
  const { oomCase, processWholeKib: wholeKib } = facts
  const neededKib = neededOf(facts, zones)
  if (oomCase.victims.length === 0)
    return {
      freedKib: 0,
      neededKib,
      wholeKib,
      enough: false,
      statements: [state('Nothing was freed: nobody was killed.', { neededKib })],
    }
  const freedKib = freedBy(facts)
  const name = namesOf(facts)
  if (freedKib === undefined)
    return { neededKib, wholeKib, statements: [state(`What killing ${name} freed is not printed.`)] }

  const enough = isEnough(freedKib, neededKib, facts)
  const needed =
    neededKib === undefined || neededKib === 0
      ? ''
      : facts.isMemcg
        ? `; ${formatKib(neededKib)} was asked for`
        : `; the zones lacked ${formatKib(neededKib)} to their high watermarks`
  const outcome = enough === undefined ? '' : enough ? ': enough for now' : ': the next kill follows'
  const where = facts.domain === undefined ? '' : ', on which nodes is not printed'
  const text = `Killing ${name} freed ${processPartOf(facts, freedKib)}${where}${needed}${outcome}.`
  return {
    freedKib,
    neededKib,
    wholeKib,
    enough,
    statements: [
      state(text, { freedKib, neededKib, wholeKib, enough }),
      ...uncountedStatement(facts),
      ...countedTwiceStatement(facts, freedKib),
      ...sharedStatement(facts),
    ],
  }
}

function isEnough(freedKib: number, neededKib: number | undefined, facts: OomFacts): boolean | undefined {
  const { domain, processWholeKib: wholeKib } = facts
  if (neededKib === undefined && wholeKib === undefined) return undefined
  // More than enough of it may have been on other nodes.
  if (domain !== undefined && freedKib >= (neededKib ?? 0)) return undefined
  return freedKib >= Math.max(neededKib ?? 0, (wholeKib ?? 0) * SHORT_RELIEF_SHARE)
}

/** kswapd rests when each zone is above its high watermark. */
function neededOf({ isMemcg, order, pageKib }: OomFacts, zones: readonly ZoneJudgement[]): number | undefined {
  if (isMemcg) return order === undefined || order < 0 ? undefined : 2 ** order * pageKib
  const lacking = zones.flatMap(({ refused, highKib, availableKib }) =>
    refused !== true || highKib === undefined || availableKib === undefined
      ? []
      : [Math.max(0, highKib - availableKib)],
  )
  return lacking.length === 0 ? undefined : lacking.reduce((sum, kib) => sum + kib, 0)
}

function freedBy({ oomCase, taskOf, pageKib }: OomFacts): number | undefined {
  let freedKib: number | undefined
  for (const { pid, anonRssKib, pgtablesKib } of oomCase.victims) {
    const row = taskOf(pid)
    const anonKib = anonRssKib ?? (row === undefined ? undefined : (row.rssAnonPages ?? row.rssPages) * pageKib)
    const tablesKib = pgtablesKib ?? ((row?.nrPtesPages ?? 0) + (row?.nrPmdsPages ?? 0)) * pageKib
    if (anonKib !== undefined) freedKib = (freedKib ?? 0) + anonKib + tablesKib
  }
  return freedKib
}

function namesOf({ oomCase }: OomFacts): string {
  const [first] = oomCase.victims
  const others = oomCase.victims.length - 1
  return others === 0 ? (first?.command ?? '') : `${first?.command ?? ''} and ${others} more`
}

function uncountedStatement({ oomCase: { moreVictims = 0 } }: OomFacts): Statement[] {
  return moreVictims === 0 ? [] : [state('What those that are not listed held is not in that.', { moreVictims })]
}

/** Why the kill lines may add up to more than the cgroup, or the machine, can hold. */
function countedTwiceStatement(
  { isMemcg, processWholeKib: wholeKib, oomCase, version }: OomFacts,
  freedKib: number,
): Statement[] {
  if (wholeKib === undefined || freedKib <= wholeKib) return []
  const reasons = [
    ...(oomCase.victims.length > 1
      ? ['what the victims share is counted for each, and a later one may hold what an earlier one gave back']
      : []),
    ...(version >= APPROXIMATE_RSS_SINCE ? ['the kernel’s counts of a process are approximate since 6.2'] : []),
    ...(isMemcg ? ['other cgroups may pay for a part'] : []),
  ]
  const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`
  return [state(`That is more than ${isMemcg ? 'the cgroup' : 'the machine'} can hold${why}.`, { freedKib, wholeKib })]
}

function sharedStatement({ oomCase }: OomFacts): Statement[] {
  const shmemRssKib = oomCase.victims.reduce((kib, victim) => kib + (victim.shmemRssKib ?? 0), 0)
  if (shmemRssKib === 0) return []
  return [
    state(`Shared memory it had mapped, ${formatKib(shmemRssKib)}, stays for whoever else has it, and in tmpfs.`, {
      shmemRssKib,
    }),
  ]
}
