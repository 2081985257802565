import { kibOf, SYSRQ_ORDER, type OomFacts } from '../facts.ts'
import { formatKib, formatShare } from '../quantity.ts'
import { state, type Statement } from '../statement.ts'
import type { ZoneJudgement } from '../watermark.ts'
import type { LimitKind, LimitSection } from './limit.ts'

/** No cgroup's limit: the machine's memory, or what the request may have of it. */
export function explainMachineLimit(facts: OomFacts, zones: readonly ZoneJudgement[]): LimitSection {
  const kind = machineKind(facts, zones)
  const memoryWasFree = kind === 'Node' && zones.some(hasPlenty)
  const nodes = kind === 'Cpuset' || kind === 'MemoryPolicy' ? memoryOf(facts, zones) : undefined
  const { wholeKib } = facts
  const usedKib = wholeKib === undefined ? undefined : wholeKib - kibOf(facts, 'free')
  // More free than there is: then what was used is not known.
  const usageKib = usedKib === undefined || usedKib < 0 ? undefined : usedKib
  const machine = { limitKib: wholeKib, usageKib }
  return {
    kind,
    ...(nodes ?? machine),
    memoryWasFree,
    statements: [
      kindStatement(kind, facts),
      ...nodesStatement(nodes),
      ...freeStatement(facts),
      ...plentyStatement(memoryWasFree),
      ...oddConstraint(facts),
    ],
  }
}

function machineKind({ dump, order, request, oomCase }: OomFacts, zones: readonly ZoneJudgement[]): LimitKind {
  const { constraint, nodemask, memsAllowed } = dump
  if (order === SYSRQ_ORDER) return 'Sysrq'
  if (constraint === 'Cpuset' || constraint === 'MemoryPolicy') return constraint
  // The kill line says that it was no cgroup, the constraint that it was.
  if (constraint === 'Memcg') return 'Unknown'
  if (constraint === undefined && oomCase.dump === undefined && oomCase.message === undefined) return 'Unknown'
  // Before 5.0 no constraint is printed; a mask of all nodes that are allowed is none.
  if (constraint === undefined && nodemask !== undefined && nodemask !== memsAllowed) return 'MemoryPolicy'
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

/** What the nodes have that the request may use; undefined where their zones were not printed. */
function memoryOf(
  { memory }: OomFacts,
  zones: readonly ZoneJudgement[],
): { limitKib: number; usageKib: number } | undefined {
  const out = new Set(zones.flatMap(({ reason, node }) => (reason === 'nodeNotAllowed' ? [node] : [])))
  const allowed = memory.zones.filter(({ node }) => !out.has(node))
  const limitKib = allowed.reduce((kib, zone) => kib + (zone.managedKib ?? zone.presentKib ?? 0), 0)
  const freeKib = allowed.reduce((kib, zone) => kib + (zone.freeKib ?? 0), 0)
  return limitKib === 0 ? undefined : { limitKib, usageKib: Math.max(0, limitKib - freeKib) }
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

function nodesStatement(nodes: { limitKib: number; usageKib: number } | undefined): Statement[] {
  if (nodes === undefined) return []
  const { limitKib, usageKib } = nodes
  const text = `These nodes used ${formatKib(usageKib)} of ${formatKib(limitKib)} (${formatShare(usageKib, limitKib)}).`
  return [state(text, { limitKib, usageKib })]
}

function freeStatement(facts: OomFacts): Statement[] {
  const { wholeKib, swapTotalKib, swapFreeKib, memory } = facts
  if (wholeKib === undefined || memory.totals.freePages === undefined) return []
  const freeKib = kibOf(facts, 'free')
  const text = `Of ${formatKib(wholeKib)} RAM ${formatKib(freeKib)} (${formatShare(freeKib, wholeKib)}) was free${swapOf(facts)}.`
  return [state(text, { wholeKib, freeKib, swapTotalKib, swapFreeKib })]
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
