import { SYSRQ_ORDER, type OomFacts } from '../facts.ts'
import type { Finding, FindingCheck } from './finding.ts'
import { fragmentation } from './fragmentation.ts'
import { kernelSlabLeak, pageTableBloat, unaccountedMemory } from './kernelMemory.ts'
import { forkBomb, manySmallProcesses, oneGiant } from './processes.ts'
import { limitBelowHeap } from './runtimeHeap.ts'
import { noSwap, swapFull } from './swap.ts'
import { hugepageReservation, lockedMemory, tmpfsOrShmem } from './userMemory.ts'

/** All there are, what explains the most first: the first that is found leads the verdict. */
export const FINDING_CHECKS: readonly FindingCheck[] = [
  fragmentation,
  kernelSlabLeak,
  limitBelowHeap,
  hugepageReservation,
  forkBomb,
  oneGiant,
  tmpfsOrShmem,
  lockedMemory,
  pageTableBloat,
  unaccountedMemory,
  manySmallProcesses,
  swapFull,
  noSwap,
]

/** None where the killer was called by hand: nothing had run out. */
export function findAll(facts: OomFacts): Finding[] {
  if (facts.order === SYSRQ_ORDER) return []
  return FINDING_CHECKS.flatMap(({ name, find }) => {
    const found = find(facts)
    return found === undefined ? [] : [{ name, ...found }]
  })
}
