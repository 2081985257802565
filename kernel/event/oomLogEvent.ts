import type { OomDump } from '#kernel/dump/oomDump.ts'
import type { MissingPart } from './missingParts.ts'
import type { OomOutcome, OomUndecided, OomVictim } from './oomEvent.ts'

/** One invocation of the OOM killer as a saved log tells it, with everybody it killed. */
export interface OomLogEvent {
  outcome: OomOutcome['outcome'] | OomUndecided['outcome']
  /** Without those that were printed twice: a group's first victim is, when it still has its memory. */
  victims: readonly OomVictim[]
  /** Kill lines of the group beyond those that are kept: one victim each, as far as is known. */
  moreVictims?: number | undefined
  /** The kernel's own summary, such as `Memory cgroup out of memory`. */
  message?: string | undefined
  dump?: OomDump | undefined
  /** uname -r: the dump's, else what the kernel last said in this log (a boot, a warning, another dump). */
  kernelRelease?: string | undefined
  rawLines: readonly string[]
  /** What of the kernel's report the log does not have, in the order in which it is printed. */
  missing: readonly MissingPart[]
  /** Where it begins in the log, counted from 1, and what the log's clock and the kernel's said. */
  line: number
  stamp?: string | undefined
  monotonicUsec?: number | undefined
}
