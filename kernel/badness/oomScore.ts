import { parseKernelVersion } from '#kernel/kernelVersion.ts'

/**
 * /proc/PID/oom_score by a task's points: since 5.9 on a scale of 2000 where one without memory and adjustment has 666, before
 * in thousandths of all memory. Source: fs/proc/base.c, proc_oom_score (6.18, and before 5.9).
 * @param points as oom_badness returns them for the whole machine, in any unit
 * @param total RAM and swap in the same unit
 */
export function oomScoreOf(points: number, total: number, kernelRelease: string | undefined): number {
  if (total <= 0) return 0
  const share = Math.trunc((points * 1000) / total)
  if ((parseKernelVersion(kernelRelease) ?? NEWEST) < 5009) return Math.max(0, share)
  return Math.max(0, Math.trunc(((1000 + share) * 2) / 3))
}

/** An unknown kernel is taken for a recent one. */
const NEWEST = Number.POSITIVE_INFINITY
