/**
 * /proc/PID/oom_score_adj: −1000 (never) to 1000, in thousandths of all memory. Source: fs/proc/base.c, oom_score_adj_read.
 * @returns undefined when the text is no such number.
 */
export function parseOomScoreAdj(text: string): number | undefined {
  if (!/^-?\d{1,4}\n?$/.test(text)) return undefined
  const value = Number(text)
  return value >= -1000 && value <= 1000 ? value : undefined
}
