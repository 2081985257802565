import { parseOnlyNumber } from './decimal.ts'

/**
 * /proc/PID/oom_score: how likely the kernel is to take this process, 0 to 2000 (5.9+; to 1000 before), 0 for one that it
 * never takes. Source: fs/proc/base.c, proc_oom_score.
 * @returns undefined when the bytes are not a score.
 */
export function parseOomScore(bytes: Uint8Array): number | undefined {
  return parseOnlyNumber(bytes, 0)
}
