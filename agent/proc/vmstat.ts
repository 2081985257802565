/**
 * How many processes the OOM killer took on this machine since boot, by the text of /proc/vmstat: `oom_kill`, which
 * grows right before each kill line is printed. It is no namespace's: in a container, too, it is the machine's. The files in
 * which a cgroup counts have the same line.
 * Source: mm/oom_kill.c, __oom_kill_process (count_vm_event; 4.13 and newer).
 * @returns undefined where the kernel does not count.
 */
export function parseOomKillCount(text: string): number | undefined {
  const digits = /^oom_kill (\d{1,15})$/m.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
