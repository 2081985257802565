import type { ProcMemory } from '../proc/status.ts'

/** A process as the last scan saw it: what is left of it when the kernel's line about its end is read. */
export interface KnownProcess {
  pid: number
  /** When it was started, in clock ticks since boot: with the pid, its identity. */
  startTicks: number
  /** Chosen by the process itself: never to be trusted. */
  command: string
  parentPid: number
  uid: number
  oomScoreAdj: number
  /** As of the scan; the kinds of memory as of `memoryRssPages`. */
  rssPages: number
  /** Absent where /proc told none: then it can be no victim. */
  memory: ProcMemory | undefined
  memoryRssPages: number
  /** Its memory cgroup, where it is not the root. */
  cgroupPath: string | undefined
  /** Whether it had been there for a while: one that starts may first be where its starter is, and then be moved. */
  isCgroupSettled: boolean
  /**
   * By id, what each calls itself, where the leader has ended: a kill line names one of these in place of the pid
   * (mm/oom_kill.c, find_lock_task_mm).
   */
  threads: ReadonlyMap<number, string> | undefined
  /** Milliseconds on a clock that only goes forward. */
  firstSeenMs: number
  seenAtMs: number
}
