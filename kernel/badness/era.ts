import type { OomTask } from '#kernel/dump/oomDump.ts'
import { parseKernelVersion } from '#kernel/kernelVersion.ts'

/** How oom_badness differed between kernels. */
export interface BadnessEra {
  /** What CAP_SYS_ADMIN was worth: 3 % of the total to 3.13, of the task's own points to 4.16, nothing since. */
  rootBonus: 'ofTotal' | 'ofOwn' | 'none'
  /** Before 5.9 no eligible task had less than one point, so that low scores were told apart no more. */
  floorsAtOne: boolean
  /** Since 5.3 the last of equals is taken; before, the first thread group leader stayed. */
  lastOfEquals: boolean
}

/**
 * The era by `uname -r`, else by the columns that the task table has. A distribution's kernel may carry later code:
 * el8's 4.18 has the formula of 4.17 all the same. Source: mm/oom_kill.c, oom_badness and oom_evaluate_task.
 */
export function badnessEra(kernelRelease: string | undefined, tasks: readonly OomTask[]): BadnessEra {
  const version = parseKernelVersion(kernelRelease) ?? versionByColumns(tasks)
  return {
    rootBonus: version < 3014 ? 'ofTotal' : version < 4017 ? 'ofOwn' : 'none',
    floorsAtOne: version < 5009,
    lastOfEquals: version >= 5003,
  }
}

function versionByColumns(tasks: readonly OomTask[]): number {
  const task = tasks[0]
  if (task === undefined || task.pgtablesBytes !== undefined) return 6018
  return task.nrPmdsPages !== undefined ? 4001 : 3010
}
