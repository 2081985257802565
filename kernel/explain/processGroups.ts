import type { OomTask } from '#kernel/dump/oomDump.ts'

/** Processes of one command together, in KiB. Pages that several share are counted for each. */
export interface ProcessGroup {
  command: string
  processes: number
  residentKib: number
  swapKib: number
  pageTablesKib: number
  /** All three: what badness counts. */
  heldKib: number
  largestHeldKib: number
}

/** What a task holds by the table: resident, swapped and page-table pages, in KiB. */
export function heldBy(
  task: OomTask,
  pageKib: number,
): { residentKib: number; swapKib: number; pageTablesKib: number } {
  const tables = task.pgtablesBytes === undefined ? undefined : Math.round(task.pgtablesBytes / 1024)
  return {
    residentKib: task.rssPages * pageKib,
    swapKib: (task.swapPages ?? 0) * pageKib,
    pageTablesKib: tables ?? ((task.nrPtesPages ?? 0) + (task.nrPmdsPages ?? 0)) * pageKib,
  }
}

/** The largest first. */
export function groupProcesses(tasks: readonly OomTask[], pageKib: number): ProcessGroup[] {
  const groups = new Map<string, ProcessGroup>()
  for (const task of tasks) {
    const { residentKib, swapKib, pageTablesKib } = heldBy(task, pageKib)
    const heldKib = residentKib + swapKib + pageTablesKib
    const group = groups.get(task.command)
    if (group === undefined) {
      groups.set(task.command, {
        command: task.command,
        processes: 1,
        residentKib,
        swapKib,
        pageTablesKib,
        heldKib,
        largestHeldKib: heldKib,
      })
      continue
    }
    group.processes++
    group.residentKib += residentKib
    group.swapKib += swapKib
    group.pageTablesKib += pageTablesKib
    group.heldKib += heldKib
    group.largestHeldKib = Math.max(group.largestHeldKib, heldKib)
  }
  return [...groups.values()].sort((a, b) => b.heldKib - a.heldKib)
}
