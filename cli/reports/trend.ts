import type { Trend } from './report.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const HOURS = 24
const DAYS = 7

/** Kills in the 24 hours up to now, the newest last. */
export function hoursUntil({ hour, kills }: Trend, nowMs: number): number[] {
  return countsUntil(kills, Date.parse(hour), { spanMs: HOUR_MS, length: HOURS }, nowMs)
}

/** Kills on the 7 days (UTC) up to now, the newest last; undefined in a report that does not say. */
export function daysUntil({ hour, perDay }: Trend, nowMs: number): number[] | undefined {
  return perDay && countsUntil(perDay, Date.parse(hour), { spanMs: DAY_MS, length: DAYS }, nowMs)
}

/** The newest of a trend may be long ago: there were none since. */
function countsUntil(
  counts: readonly number[],
  newestMs: number,
  { spanMs, length }: { spanMs: number; length: number },
  nowMs: number,
): number[] {
  const passed = Math.max(0, Math.floor(nowMs / spanMs) - Math.floor(newestMs / spanMs))
  if (Number.isNaN(passed)) return zeros(length)
  const newest = [...counts, ...zeros(Math.min(passed, length))].slice(-length)
  return [...zeros(length - newest.length), ...newest]
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0)
}

export function sumOf(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}

const LEVELS = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** A column a count: a dot is none, a full block the most of any. */
export function sparkline(counts: readonly number[]): string {
  const most = Math.max(...counts)
  return counts.map((count) => LEVELS[count === 0 ? 0 : Math.ceil((count * 8) / most)] ?? '').join('')
}
