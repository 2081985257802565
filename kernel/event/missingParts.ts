import type { OomDump } from '#kernel/dump/oomDump.ts'

/** The parts of the killer's report, as printed. Source: mm/oom_kill.c, oom_kill_process. */
export type MissingPart = 'header' | 'processor' | 'memory' | 'taskTable' | 'decision' | 'outcome'

/**
 * What is not there of one invocation's report: cut off, lost to the ring, rate-limited, or never printed (before 2.6.27
 * there is no task table; oom_dump_tasks=0 leaves it out; a kernel before 5.0 has no `oom-kill:` line, but a line that
 * says whom it chose). It is for the reader to say which.
 */
export function missingParts(dump: OomDump | undefined, rawLines: readonly string[], decided: boolean): MissingPart[] {
  const missing: MissingPart[] = []
  if (dump?.trigger === undefined) missing.push('header')
  if (dump?.trigger?.pid === undefined && dump?.kernelRelease === undefined) missing.push('processor')
  if (dump === undefined || dump.memoryLines.length === 0) missing.push('memory')
  if (dump === undefined || dump.tasks.length === 0) missing.push('taskTable')
  if (dump?.constraint === undefined && dump?.constraintName === undefined && !rawLines.some(isChoice)) {
    missing.push('decision')
  }
  if (!decided) missing.push('outcome')
  return missing
}

function isChoice(text: string): boolean {
  return /\bkill process \d+.* score \d/i.test(text)
}
