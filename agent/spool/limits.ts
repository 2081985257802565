/** Shorter than a kill stays in the stream (7 d), so that one that was stored is never stored again. */
const MAX_AGE_USEC = 24 * 3_600 * 1_000_000

/** Why a kill is given up: the spool was full, it was a day old, or the disk has damaged it. */
export const DROP_REASONS = ['size', 'age', 'damaged'] as const
export type DropReason = (typeof DROP_REASONS)[number]

export interface KernelMoment {
  bootId: string
  monotonicUsec: number
}

/**
 * Whether a kill has waited for longer than a day, on the kernel's clock alone, which nobody sets: within its boot from
 * its own time stamp on, after it from the start of the new boot on.
 * @param subject of a kill; its fifth token is the boot id
 */
export function isTooOld({ subject, monotonicUsec }: { subject: string; monotonicUsec: number }, now: KernelMoment) {
  const sinceUsec = subject.split('.')[4] === now.bootId ? monotonicUsec : 0
  return now.monotonicUsec - sinceUsec > MAX_AGE_USEC
}

/** How many of the oldest segments have to go so that this much more fits; never the last one, which is written to. */
export function countExcessSegments(segmentBytes: readonly number[], moreBytes: number, maxBytes: number): number {
  let excess = segmentBytes.reduce((sum, bytes) => sum + bytes, moreBytes) - maxBytes
  let count = 0
  for (const bytes of segmentBytes.slice(0, -1)) {
    if (excess <= 0) break
    excess -= bytes
    count++
  }
  return count
}

/** A segment is the unit in which old kills are dropped and disk space comes back. */
export function segmentSize(maxBytes: number): number {
  return Math.min(1024 * 1024, Math.max(64 * 1024, Math.floor(maxBytes / 16)))
}
