import type { OomDump } from '#kernel/dump/oomDump.ts'
import type { OomVictim } from '#kernel/event/oomEvent.ts'
import type { OomLogEvent } from '#kernel/event/oomLogEvent.ts'

/** One invocation of the OOM killer with all that came of it: what explainOom explains. */
export interface OomCase {
  outcome: OomLogEvent['outcome']
  dump?: OomDump | undefined
  /** In the order of their kill lines; several where a cgroup goes as a group, none where nobody was killed. */
  victims: readonly OomVictim[]
  /** Killed with them, and not listed: the group was larger than any that is kept. */
  moreVictims?: number | undefined
  /** The kernel's summary before the victim, such as `Memory cgroup out of memory`. */
  message?: string | undefined
  /** The event's lines as text; the choice line of kernels before 5.1 is looked for in them. */
  rawLines?: readonly string[] | undefined
  /** When the first outcome was decided, microseconds on the printk clock; 0 in a log without such times. */
  monotonicUsec?: number | undefined
  /** Rows of the slab table and of "Memory allocations:". */
  slabLines?: readonly string[] | undefined
}

/** An event of a saved log; what the log says of the kernel elsewhere stands for what the dump lacks. */
export function caseOfEvent({ dump, kernelRelease, ...event }: OomLogEvent): OomCase {
  const known = dump && { ...dump, kernelRelease: dump.kernelRelease ?? kernelRelease }
  const { outcome, victims, moreVictims, message, rawLines, monotonicUsec } = event
  return { outcome, dump: known, victims, moreVictims, message, rawLines, monotonicUsec, slabLines: dump?.slabLines }
}
