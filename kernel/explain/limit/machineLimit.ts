import { kibOf, SYSRQ_ORDER, type OomFacts } from '../facts.ts'
import { formatKib, formatShare } from '../quantity.ts'
import { state, type Statement } from '../statement.ts'
import type { ZoneJudgement } from '../watermark.ts'
import type { LimitKind, LimitSection } from './limit.ts'

/** No cgroup's limit: the machine's memory, or what the request may have of it. */
export function explainMachineLimit(facts: OomFacts, zones: readonly ZoneJudgement[]): LimitSection {
  const kind = machineKind(facts, zones)
  const memoryWasFree = kind === 'Node' && zones.some(hasPlenty)
  const { wholeKib } = facts
  const usedKib = wholeKib === undefined ? undefined : wholeKib - kibOf(facts, 'free')
  // More free than there is: then what was used is not known.
  const usageKib = usedKib === undefined || usedKib < 0 ? undefined : usedKib
  return {
    kind,
    limitKib: wholeKib,
    usageKib,
    freeElsewhereKib: freeElsewhereOf(facts),
    memoryWasFree,
    statements: [
      kindStatement(kind, facts),
      ...nodesStatement(facts, usageKib),
      ...freeStatement(facts),
      ...plentyStatement(memoryWasFree),
      ...oddConstraint(facts),
    ],
  }
}

function machineKind({ dump, domain, order, request, oomCase }: OomFacts, zones: readonly ZoneJudgement[]): LimitKind {
  const { constraint } = dump
  if (order === SYSRQ_ORDER) return 'Sysrq'
  if (domain !== undefined) return domain.kind
  // The kill line says that it was no cgroup, the constraint that it was.
  if (constraint === 'Memcg') return 'Unknown'
  if (constraint === undefined && oomCase.dump === undefined && oomCase.message === undefined) return 'Unknown'
  if (request?.thisNodeOnly === true && zones.some((zone) => zone.refused === false)) return 'NumaNode'
  return zones.some(isRoomAbove) ? 'Zone' : 'Node'
}

/** Memory was free in a zone that the request may not use. */
function isRoomAbove({ reason, freeKib, highKib }: ZoneJudgement): boolean {
  return reason === 'zoneNotAllowed' && freeKib !== undefined && highKib !== undefined && freeKib > highKib
}

/** Above this many times what a zone requires, it was not a race between decision and print. */
const PLENTY = 4

function hasPlenty({ refused, availableKib = 0, requiredKib = 0 }: ZoneJudgement): boolean {
  return refused === false && availableKib > requiredKib * PLENTY
}

function kindStatement(kind: LimitKind, { dump, request }: OomFacts): Statement {
  const figures = { kind, constraint: dump.constraint, memsAllowed: dump.memsAllowed, nodemask: dump.nodemask }
  return state(
    textOf(kind, dump.memsAllowed ?? 'not printed', dump.nodemask ?? 'not printed', request?.highestZone),
    figures,
  )
}

function textOf(kind: LimitKind, memsAllowed: string, nodemask: string, highestZone = 'the requested one'): string {
  switch (kind) {
    case 'Sysrq':
      return 'No limit was hit.'
    case 'Cpuset':
      return `The memory of the cpuset’s NUMA nodes ran out (mems_allowed ${memsAllowed}).`
    case 'MemoryPolicy':
      return `The memory of the memory policy’s NUMA nodes ran out (nodemask ${nodemask}).`
    case 'NumaNode':
      return 'One NUMA node’s memory ran out: the request was for that node alone.'
    case 'Zone':
      return `Memory ran out in the zones up to ${highestZone}; above them some was free.`
    case 'Node':
      return 'The machine’s memory ran out; no cgroup’s limit was in the way.'
    default:
      return 'Which limit was hit is not known.'
  }
}

function nodesStatement({ domain, wholeKib }: OomFacts, usageKib: number | undefined): Statement[] {
  if (domain === undefined) return []
  if (wholeKib === undefined || usageKib === undefined)
    return [state('What these nodes have is not printed, or not of each: shares of it are not known.')]
  const text = `These nodes used ${formatKib(usageKib)} of ${formatKib(wholeKib)} (${formatShare(usageKib, wholeKib)}).`
  return [state(text, { limitKib: wholeKib, usageKib })]
}

/** Of the machine, whatever part of it ran out. */
function freeOfMachine({ memory, pageKib }: OomFacts): number | undefined {
  const { freePages, freePcpPages = 0 } = memory.totals
  return freePages === undefined ? undefined : (freePages + freePcpPages) * pageKib
}

function freeElsewhereOf(facts: OomFacts): number | undefined {
  const freeKib = freeOfMachine(facts)
  if (facts.domain === undefined || facts.wholeKib === undefined || freeKib === undefined) return undefined
  return Math.max(0, freeKib - kibOf(facts, 'free'))
}

function freeStatement(facts: OomFacts): Statement[] {
  const { ramKib, swapTotalKib, swapFreeKib, domain } = facts
  const freeKib = freeOfMachine(facts)
  if (ramKib === undefined || freeKib === undefined) return []
  const whose = domain === undefined ? formatKib(ramKib) : `the machine’s ${formatKib(ramKib)}`
  const text = `Of ${whose} RAM ${formatKib(freeKib)} (${formatShare(freeKib, ramKib)}) was free${swapOf(facts)}.`
  return [state(text, { ramKib, freeKib, swapTotalKib, swapFreeKib })]
}

function swapOf({ swapTotalKib, swapFreeKib }: OomFacts): string {
  if (swapTotalKib === undefined || swapFreeKib === undefined) return ''
  return swapTotalKib === 0
    ? ', and there is no swap'
    : `, and ${formatKib(swapFreeKib)} of ${formatKib(swapTotalKib)} swap`
}

function plentyStatement(memoryWasFree: boolean): Statement[] {
  if (!memoryWasFree) return []
  const text = 'By the printed numbers the machine had memory free: what ran out may be another limit.'
  return [state(text, { memoryWasFree })]
}

function oddConstraint({ dump }: OomFacts): Statement[] {
  const { constraintName } = dump
  if (constraintName === undefined) return []
  return [state(`The kernel names a constraint that is none we know: ${constraintName}.`, { constraintName })]
}
