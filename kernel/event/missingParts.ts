import { isChoiceLine } from '#kernel/dump/killLine.ts'
import type { OomDump } from '#kernel/dump/oomDump.ts'
import { parseTableHeader } from '#kernel/dump/taskColumns.ts'
import type { OomLogEvent } from './oomLogEvent.ts'

/** The parts of the killer's report, as printed. Source: mm/oom_kill.c, oom_kill_process. */
export type MissingPart = 'header' | 'processor' | 'memory' | 'taskTable' | 'decision' | 'outcome'

/**
 * What is not there of one invocation's report: cut off, lost to the ring, rate-limited, or never printed (before 2.6.27
 * there is no task table; oom_dump_tasks=0 leaves it out; a kernel before 5.0 has no `oom-kill:` line, but a line that
 * says whom it chose). It is for the reader to say which.
 */
export function missingParts(
  outcome: OomLogEvent['outcome'],
  dump: OomDump | undefined,
  rawLines: readonly string[],
): MissingPart[] {
  const missing: MissingPart[] = []
  if (dump?.trigger === undefined) missing.push('header')
  if (dump?.trigger?.pid === undefined && dump?.kernelRelease === undefined) missing.push('processor')
  if (dump === undefined || dump.memoryLines.length === 0) missing.push('memory')
  // A table may be empty: at boot there is no task but the kernel's own.
  if (dump === undefined || (dump.tasks.length === 0 && !rawLines.some(isTable))) missing.push('taskTable')
  const names = outcome === 'killed' || outcome === 'undecided'
  if (names && dump?.constraint === undefined && dump?.constraintName === undefined && !rawLines.some(isChoiceLine)) {
    missing.push('decision')
  }
  if (outcome === 'undecided') missing.push('outcome')
  return missing
}

function isTable(text: string): boolean {
  return parseTableHeader(text) !== undefined
}
