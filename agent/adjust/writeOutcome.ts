/** What became of a write to a file of a process or a cgroup. */
export type WriteOutcome =
  | { kind: 'written' }
  /** The process has ended, or its pid or cgroup is another's by now: nothing was written. */
  | { kind: 'gone' }
  /** EACCES: below the score that a process with CAP_SYS_RESOURCE set last (fs/proc/base.c, __set_oom_adj). */
  | { kind: 'refused' }
  | { kind: 'failed'; message: string }
