/**
 * When a process started, in clock ticks since boot: field 22 of /proc/PID/stat. With the pid it is the process's
 * identity. The command (field 2) may hold blanks and parentheses, so fields are counted from its last one.
 * Source: fs/proc/array.c, do_task_stat.
 */
export function parseStartTicks(stat: string): number | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[19])
  return fields.length > 19 && Number.isSafeInteger(ticks) ? ticks : undefined
}
