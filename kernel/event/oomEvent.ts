import type { OomDump } from '#kernel/dump/oomDump.ts'

/**
 * The process a kill line names.
 * Source: mm/oom_kill.c, __oom_kill_process (5.0+) and oom_kill_process (before).
 */
export interface OomVictim {
  /** As the kernel printed it: the initial PID namespace, on some kernels a thread's id. */
  pid: number
  /** At most 15 bytes (TASK_COMM_LEN), chosen by the process itself: never to be trusted. */
  command: string
  uid?: number | undefined
  totalVmKib?: number | undefined
  anonRssKib?: number | undefined
  fileRssKib?: number | undefined
  shmemRssKib?: number | undefined
  pgtablesKib?: number | undefined
  oomScoreAdj?: number | undefined
}

interface OomOutcomeBase {
  /** kmsg sequence of the line that decided the outcome; never repeats within a boot. */
  sequence: number
  /** kmsg time stamp of that line, microseconds on the printk clock (not CLOCK_MONOTONIC). */
  monotonicUsec: number
  /**
   * Shared by every outcome of one invocation of the killer: the sequence of its header line, or of
   * the first line that is left of it.
   */
  eventSequence: number
  /** What the kernel said before it acted; absent when it was rate-limited or lost. */
  dump?: OomDump | undefined
  /** The records the outcome was read from, as text, oldest first. */
  rawLines: readonly string[]
}

/** One kill line. A group kill is several of them with one `eventSequence`. */
export interface OomKill extends OomOutcomeBase {
  outcome: 'killed'
  victim: OomVictim
  /** The kernel's own summary before the victim, such as `Memory cgroup out of memory`; told even without a dump. */
  message?: string | undefined
  /**
   * The cgroup that is killed whole, with this victim in it or below (memory.oom.group, v2). The kernel says so after the
   * first victim's line: that one does not have it.
   */
  groupCgroup?: string | undefined
}

/** The killer ran and took nobody. */
export interface OomNoKill extends OomOutcomeBase {
  outcome: 'noKillable' | 'panic'
}

export type OomOutcome = OomKill | OomNoKill

/**
 * An invocation of the killer whose end is not known: what came after was lost or cut off (`undecided`), or said of the
 * victim that it was exiting already (`skipped`). The sequence is that of the last line known.
 */
export interface OomUndecided extends OomOutcomeBase {
  outcome: 'undecided' | 'skipped'
}
