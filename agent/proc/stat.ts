export interface ProcStat {
  /** At most 15 bytes, chosen by the process itself. */
  command: string
  /** When it was started, in clock ticks since boot. */
  startTicks: number
}

/** `starttime` is field 22, the 20th behind the command. */
const START_TIME = 19

/**
 * /proc/PID/stat: `PID (command) state …`. The command may hold anything, `)` and newlines too: it ends at the last `)`.
 * Source: proc_pid_stat(5); fs/proc/array.c, do_task_stat.
 * @returns undefined when the text is cut or is no such line.
 */
export function parseStat(text: string): ProcStat | undefined {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(') ')
  if (open < 0 || close < open) return undefined
  const startTicks = text.slice(close + 2).split(' ', START_TIME + 1)[START_TIME]
  if (startTicks === undefined || !/^\d+$/.test(startTicks)) return undefined
  return { command: text.slice(open + 1, close), startTicks: Number(startTicks) }
}
