const START = 'Tasks in '
const END = 'are going to be killed due to memory.oom.group set'

/**
 * `Tasks in PATH are going to be killed due to memory.oom.group set`, after the first victim's line and before the others'.
 * Source: mm/memcontrol.c, mem_cgroup_print_oom_group (4.19+).
 * @returns the cgroup that is killed whole; undefined where the text is no such line
 */
export function parseGroupLine(text: string): string | undefined {
  const line = text.trimEnd()
  if (!line.startsWith(`${START}/`) || !line.endsWith(END)) return undefined
  return line.slice(START.length, -END.length).trimEnd()
}
