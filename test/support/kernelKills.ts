import { readFileSync } from 'node:fs'

/** The kernel's own count of kills since boot. NaN where it keeps none. Source: /proc/vmstat, oom_kill. */
export function readKernelKills(): number {
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1])
}
