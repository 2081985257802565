/**
 * /proc/PID/oom_score: how likely the kernel is to take this process, 0 to 2000 (5.9+; to 1000 before), 0 for one that it
 * never takes. Source: fs/proc/base.c, proc_oom_score.
 * @returns undefined when the text is not a score.
 */
export function parseOomScore(text: string): number | undefined {
  // 3 or 4 digits and a newline: 0x30 to 0x39, by arithmetic, since a scan reads one for each process.
  let score = 0
  const end = text.endsWith('\n') ? text.length - 1 : text.length
  if (end === 0 || end > 9) return undefined
  for (let at = 0; at < end; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return undefined
    score = score * 10 + digit
  }
  return score
}
