import type { KillEvent } from '#contract/killEvent.ts'
import { parseCgroupPath } from '../cgroup/path.ts'

export interface RecoveredKill {
  cgroupPath: string
  /** The cgroup's number in its hierarchy, which is no other's until the node boots. */
  cgroupId: string
  /** Which one of this cgroup's kills it is, from 1. */
  count: number
}

export interface RecoveredContext {
  node: string
  bootId: string
  pageSizeKib: number
  now: { wallMs: number; monotonicUsec: number }
}

/** A kill whose line is lost, by its cgroup's own count: where it was is known, and that it was; not who, and not when. */
export function buildRecoveredEvent(kill: RecoveredKill, context: RecoveredContext): KillEvent {
  const { podUid, containerId, qosClass } = parseCgroupPath(kill.cgroupPath)
  return {
    version: 1,
    node: context.node,
    bootId: context.bootId,
    sequence: 0,
    eventSequence: 0,
    recoveredAs: `m-${kill.cgroupId}-${kill.count}`,
    killedAt: new Date(context.now.wallMs).toISOString(),
    monotonicUsec: context.now.monotonicUsec,
    source: 'memoryEvents',
    outcome: 'killed',
    scope: 'Unknown',
    attribution: { source: 'counter', cgroupPath: kill.cgroupPath, podUid, containerId, qosClass },
    domain: {},
    candidates: [],
    taskCount: 0,
    pageSizeKib: context.pageSizeKib,
  }
}
