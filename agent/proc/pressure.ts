/** How much of the time tasks were waiting, in per cent over 10, 60 and 300 s, and in all. */
export interface StallShare {
  avg10: number
  avg60: number
  avg300: number
  totalUsec: number
}

export interface Pressure {
  /** At least one task waited. */
  some: StallShare
  /** All tasks that were not idle waited at once. */
  full: StallShare
}

/**
 * /proc/pressure/memory (4.20+), and memory.pressure of a cgroup:
 *
 *     some avg10=0.12 avg60=0.03 avg300=0.00 total=18229
 *     full avg10=0.00 avg60=0.00 avg300=0.00 total=9112
 *
 * Source: Documentation/accounting/psi.rst; kernel/sched/psi.c, psi_show.
 * @returns undefined when the text is no such file; where PSI is off, it cannot be read at all.
 */
export function parsePressure(text: string): Pressure | undefined {
  const [some, full] = [parseShare(text, 'some'), parseShare(text, 'full')]
  return some === undefined || full === undefined ? undefined : { some, full }
}

function parseShare(text: string, kind: 'some' | 'full'): StallShare | undefined {
  const match = new RegExp(
    `^${kind} avg10=(\\d+\\.\\d+) avg60=(\\d+\\.\\d+) avg300=(\\d+\\.\\d+) total=(\\d{1,15})$`,
    'm',
  ).exec(text)
  if (match === null) return undefined
  const [avg10 = 0, avg60 = 0, avg300 = 0, totalUsec = 0] = match.slice(1).map(Number)
  return { avg10, avg60, avg300, totalUsec }
}
