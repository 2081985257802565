/**
 * The session of a process, by the text of its stat: the pid of the process that began it.
 * Source: fs/proc/array.c, do_task_stat; the command, which is in brackets, may hold anything.
 */
export function parseSession(stat: string): number | undefined {
  const digits = /^ \S \d+ \d+ (\d+) /.exec(stat.slice(stat.lastIndexOf(')') + 1))?.[1]
  return digits === undefined ? undefined : Number(digits)
}
