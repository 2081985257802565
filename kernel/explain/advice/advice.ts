import { SYSRQ_ORDER, type OomFacts } from '../facts.ts'
import { findLeak, findUnaccounted, mapLess, shrinkHugepages } from './kernelMemory.ts'
import { boundGiant, boundProcesses, boundTmpfs, heapBelowLimit, raiseLimit, runFewer } from './limits.ts'
import type { Advice, AdviceRule, Found } from './rule.ts'
import {
  addSwap,
  allowMoreNodes,
  lessOvercommit,
  liftExemption,
  lowerMinFree,
  raiseMinFree,
  reorderScores,
} from './settings.ts'

/** All there are, what helps most first. */
export const ADVICE_RULES: readonly AdviceRule[] = [
  findLeak,
  heapBelowLimit,
  raiseLimit,
  allowMoreNodes,
  raiseMinFree,
  shrinkHugepages,
  boundProcesses,
  boundGiant,
  boundTmpfs,
  mapLess,
  findUnaccounted,
  runFewer,
  liftExemption,
  reorderScores,
  lowerMinFree,
  addSwap,
  lessOvercommit,
]

/** None where the killer was called by hand: nothing had run out. */
export function adviseOn(facts: OomFacts, found: Found): Advice[] {
  if (facts.order === SYSRQ_ORDER) return []
  return ADVICE_RULES.flatMap(({ action, advise }) => {
    const advice = advise(facts, found)
    return advice === undefined ? [] : [{ action, ...advice }]
  })
}
