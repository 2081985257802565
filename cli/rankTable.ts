import { formatKib } from '../operator/reports/quantity.ts'
import { printable } from '#program/errors.ts'

/** A candidate as it is shown; what is unknown or does not apply is absent. */
export interface ShownTask {
  oomScore: number
  oomScoreAdj: number
  rssKib?: number | undefined
  pid: number
  command: string
  podUid?: string | undefined
  containerId?: string | undefined
  namespace?: string | undefined
  podName?: string | undefined
  containerName?: string | undefined
}

const HEAD = ['OOM_SCORE', 'ADJ', 'RSS', 'PID', 'COMMAND', 'POD', 'CONTAINER']
/** As runtimes abbreviate a container's id. */
const SHORT_ID = 12

/** The likeliest victims as a table, as kubectl would print it. Commands are shown printable: processes choose them. */
export function formatRankTable(tasks: readonly ShownTask[]): string {
  const rows = tasks.map((task) => [
    String(task.oomScore),
    String(task.oomScoreAdj),
    task.rssKib === undefined ? '-' : formatKib(task.rssKib),
    String(task.pid),
    printable(task.command),
    printable(podOf(task)),
    printable(task.containerName ?? task.containerId?.slice(0, SHORT_ID) ?? '-'),
  ])
  const table = [HEAD, ...rows]
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)))
  const format = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd()
  return table.map(format).join('\n')
}

function podOf({ namespace, podName, podUid }: ShownTask): string {
  return namespace === undefined || podName === undefined ? (podUid ?? '-') : `${namespace}/${podName}`
}
