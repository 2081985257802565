/**
 * What oom_score is relative to: RAM and swap together, in KiB. Sources: proc_meminfo(5); fs/proc/base.c, proc_oom_score
 * (`totalram_pages() + total_swap_pages`).
 * @returns undefined when the text of /proc/meminfo does not tell it.
 */
export function parseTotalMemoryKib(text: string): number | undefined {
  const ram = /^MemTotal:\s+(\d+) kB$/m.exec(text)?.[1]
  const swap = /^SwapTotal:\s+(\d+) kB$/m.exec(text)?.[1]
  return ram === undefined ? undefined : Number(ram) + Number(swap ?? 0)
}
