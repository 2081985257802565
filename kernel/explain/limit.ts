import { classifyCgroup } from './cgroupKind.ts'
import type { OomFacts } from './facts.ts'
import { kibOf } from './facts.ts'
import { formatKib, formatShare, limitOrNone } from './quantity.ts'
import { state, type Statement } from './statement.ts'
import type { ZoneJudgement } from './watermark.ts'

export type LimitKind =
  | 'Node'
  | 'Zone'
  | 'NumaNode'
  | 'Cpuset'
  | 'MemoryPolicy'
  | 'Container'
  | 'Pod'
  | 'Kubepods'
  | 'Cgroup'
  /** Called by hand. */
  | 'Sysrq'
  | 'Unknown'

/** Which limit was hit, and how far it was used. */
export interface LimitSection {
  kind: LimitKind
  cgroup?: string | undefined
  containerId?: string | undefined
  /** undefined where there is no limit, or it was not printed. */
  limitKib?: number | undefined
  usageKib?: number | undefined
  swapLimitKib?: number | undefined
  swapUsageKib?: number | undefined
  /** A zone that was asked had far more than it needs, by the printed numbers. */
  memoryWasFree?: boolean | undefined
  statements: readonly Statement[]
}

const CGROUP_NAMES = {
  Container: 'container',
  Pod: 'pod',
  Kubepods: 'Kubernetes pods’ cgroup',
  Cgroup: 'cgroup',
} as const

export function explainLimit(facts: OomFacts, zones: readonly ZoneJudgement[]): LimitSection {
  if (facts.isMemcg) return cgroupLimit(facts)
  const kind = machineKind(facts, zones)
  const memoryWasFree = kind === 'Node' && zones.some(hasPlenty)
  const usageKib = facts.wholeKib === undefined ? undefined : facts.wholeKib - kibOf(facts, 'free')
  return {
    kind,
    limitKib: facts.wholeKib,
    usageKib,
    memoryWasFree,
    statements: [
      machineStatement(kind, facts),
      ...freeStatement(facts),
      ...(memoryWasFree
        ? [
            state('By the printed numbers the machine had memory free: what ran out may be another limit.', {
              memoryWasFree,
            }),
          ]
        : []),
      ...oddConstraint(facts),
    ],
  }
}

function machineKind({ dump, order, request, oomCase }: OomFacts, zones: readonly ZoneJudgement[]): LimitKind {
  if (order === -1) return 'Sysrq'
  if (dump.constraint === 'Cpuset' || dump.constraint === 'MemoryPolicy') return dump.constraint
  if (
    dump.constraint === 'Memcg' ||
    (dump.constraint === undefined && oomCase.dump === undefined && oomCase.message === undefined)
  )
    return 'Unknown'
  if (request?.thisNodeOnly === true && zones.some((zone) => zone.refused === false)) return 'NumaNode'
  return zones.some(hasRoomOutOfReach) ? 'Zone' : 'Node'
}

/** Above this many times what it requires, no race between decision and print explains a zone. */
const PLENTY = 4

function hasPlenty({ refused, availableKib, requiredKib }: ZoneJudgement): boolean {
  return (
    refused === false && availableKib !== undefined && requiredKib !== undefined && availableKib > requiredKib * PLENTY
  )
}

/** Memory was free where the request may not go. */
function hasRoomOutOfReach({ reason, freeKib, highKib }: ZoneJudgement): boolean {
  return reason === 'notAllowed' && freeKib !== undefined && highKib !== undefined && freeKib > highKib
}

function machineStatement(kind: LimitKind, { dump, request }: OomFacts): Statement {
  const figures = { kind, constraint: dump.constraint, memsAllowed: dump.memsAllowed, nodemask: dump.nodemask }
  switch (kind) {
    case 'Sysrq':
      return state('No limit was hit.', figures)
    case 'Cpuset':
      return state(
        `The memory of the cpuset’s NUMA nodes ran out (mems_allowed ${dump.memsAllowed ?? 'not printed'}).`,
        figures,
      )
    case 'MemoryPolicy':
      return state(
        `The memory of the memory policy’s NUMA nodes ran out (nodemask ${dump.nodemask ?? 'not printed'}).`,
        figures,
      )
    case 'NumaNode':
      return state('One NUMA node’s memory ran out: the request was for that node alone.', figures)
    case 'Zone':
      return state(
        `Memory ran out in the zones up to ${request?.highestZone ?? 'the requested one'}; above them some was free.`,
        figures,
      )
    case 'Node':
      return state('The machine’s memory ran out; no cgroup’s limit was in the way.', figures)
    default:
      return state('Which limit was hit is not known.', figures)
  }
}

function freeStatement(facts: OomFacts): Statement[] {
  const { wholeKib, swapTotalKib, swapFreeKib, memory } = facts
  if (wholeKib === undefined || memory.totals.freePages === undefined) return []
  const freeKib = kibOf(facts, 'free')
  const swap =
    swapTotalKib === undefined
      ? ''
      : swapTotalKib === 0
        ? ', and there is no swap'
        : `, and ${formatKib(swapFreeKib ?? 0)} of ${formatKib(swapTotalKib)} swap`
  return [
    state(`Of ${formatKib(wholeKib)} RAM ${formatKib(freeKib)} (${formatShare(freeKib, wholeKib)}) was free${swap}.`, {
      wholeKib,
      freeKib,
      swapTotalKib,
      swapFreeKib,
    }),
  ]
}

function oddConstraint({ dump }: OomFacts): Statement[] {
  if (dump.constraintName === undefined) return []
  return [
    state(`The kernel names a constraint that is none we know: ${dump.constraintName}.`, {
      constraint: dump.constraintName,
    }),
  ]
}

function cgroupLimit({ dump }: OomFacts): LimitSection {
  const {
    oom,
    usageKib,
    limitKib: rawLimitKib,
    swapUsageKib,
    swapLimitKib: rawSwapKib,
    swapIncludesMemory,
  } = dump.cgroup
  const limitKib = limitOrNone(rawLimitKib)
  const swapLimitKib = limitOrNone(rawSwapKib)
  const { kind, containerId } = oom === undefined ? { kind: 'Cgroup' as const } : { ...classifyCgroup(oom) }
  const figures = {
    kind,
    usageKib,
    limitKib: rawLimitKib,
    swapUsageKib,
    swapLimitKib: rawSwapKib,
    constraint: dump.constraint,
  }
  const name = `${CGROUP_NAMES[kind]}${containerId === undefined ? '' : ` ${containerId.slice(0, 12)}`}`
  const use =
    usageKib === undefined || rawLimitKib === undefined
      ? 'its usage is not printed'
      : limitKib === undefined
        ? `it used ${formatKib(usageKib)} and has no limit of its own`
        : `it used ${formatKib(usageKib)} of ${formatKib(limitKib)} (${formatShare(usageKib, limitKib)})`
  const statements = [state(`The limit of the ${name} was hit: ${use}.`, figures)]
  if (oom !== undefined)
    statements.push(
      state(
        `Its cgroup is ${oom}${dump.cgroup.task === undefined || dump.cgroup.task === oom ? '' : `, the victim’s ${dump.cgroup.task}`}.`,
      ),
    )
  if (swapUsageKib !== undefined && rawSwapKib !== undefined) {
    const what = swapIncludesMemory === true ? 'Memory and swap together' : 'Swap'
    statements.push(
      state(
        `${what}: ${formatKib(swapUsageKib)} of ${swapLimitKib === undefined ? 'no limit' : formatKib(swapLimitKib)}.`,
        figures,
      ),
    )
  }
  if (dump.constraint === 'None')
    statements.push(
      state(
        'The kernel printed CONSTRAINT_NONE, yet its kill line says that a cgroup ran out: the line is believed.',
        figures,
      ),
    )
  return { kind, cgroup: oom, containerId, limitKib, usageKib, swapLimitKib, swapUsageKib, statements }
}
