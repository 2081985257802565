/** A moment on both clocks. */
export interface ClockReading {
  wallMs: number
  monotonicUsec: number
}

/**
 * The wall clock of a kmsg time stamp. printk's clock and CLOCK_MONOTONIC differ by milliseconds
 * (kernel/printk/printk.c uses local_clock), so a fresh record may seem to come from the future: it is not.
 */
export function wallClockMs(recordMonotonicUsec: number, now: ClockReading): number {
  const ageMs = Math.max(0, (now.monotonicUsec - recordMonotonicUsec) / 1000)
  return Math.round(now.wallMs - ageMs)
}
