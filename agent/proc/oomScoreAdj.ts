import { parseOnlyNumber } from './decimal.ts'

const MINUS = 0x2d
const MAX = 1000

/**
 * /proc/PID/oom_score_adj: −1000 (never) to 1000, in thousandths of all memory. Source: fs/proc/base.c, oom_score_adj_read.
 * @returns undefined when the bytes are no such number.
 */
export function parseOomScoreAdj(bytes: Uint8Array): number | undefined {
  const isNegative = bytes[0] === MINUS
  const size = parseOnlyNumber(bytes, isNegative ? 1 : 0)
  if (size === undefined || size > MAX) return undefined
  return isNegative ? 0 - size : size
}
