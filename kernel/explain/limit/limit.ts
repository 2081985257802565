import type { OomFacts } from '../facts.ts'
import type { Statement } from '../statement.ts'
import type { ZoneJudgement } from '../watermark.ts'
import { explainCgroupLimit } from './cgroupLimit.ts'
import { explainMachineLimit } from './machineLimit.ts'

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
  /** RAM, the allowed nodes’ memory, or the cgroup’s limit; undefined where there is none, or it was not printed. */
  limitKib?: number | undefined
  usageKib?: number | undefined
  /** On nodes that a cpuset or a memory policy leaves out, free. */
  freeElsewhereKib?: number | undefined
  swapLimitKib?: number | undefined
  swapUsageKib?: number | undefined
  /** A zone that was asked had far more than it needs, by the printed numbers. */
  memoryWasFree?: boolean | undefined
  statements: readonly Statement[]
}

export function explainLimit(facts: OomFacts, zones: readonly ZoneJudgement[]): LimitSection {
  return facts.isMemcg ? explainCgroupLimit(facts) : explainMachineLimit(facts, zones)
}
