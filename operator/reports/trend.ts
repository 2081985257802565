import { TREND_HOURS, type Trend } from '../api/killRecord.ts'

const HOUR_MS = 3_600_000

/**
 * The ring at this time, with a kill added for each of these times. What is older than the ring is not in it.
 * @param times Of kills, ISO 8601, none later than now.
 */
export function advanceTrend(stored: Trend | undefined, times: readonly string[], now: Date): Trend {
  const hourMs = newestHourMs(stored, now)
  const kills = Array.from({ length: TREND_HOURS }, () => 0)
  const add = (atMs: number, count: number): void => {
    const index = TREND_HOURS - 1 - Math.round((hourMs - floorHourMs(atMs)) / HOUR_MS)
    if (index >= 0 && index < TREND_HOURS) kills[index] = (kills[index] ?? 0) + count
  }
  const storedMs = stored === undefined ? 0 : Date.parse(stored.hour)
  for (const [index, count] of (stored?.kills ?? []).entries()) {
    if (count > 0) add(storedMs - (TREND_HOURS - 1 - index) * HOUR_MS, count)
  }
  for (const time of times) add(Date.parse(time), 1)
  return { hour: new Date(hourMs).toISOString(), kills }
}

export function killsIn({ kills }: Trend): number {
  return kills.reduce((sum, count) => sum + count, 0)
}

/** When its sum changes though no kill comes, in milliseconds since the epoch: the oldest hour with kills leaves. */
export function trendChangeMs({ hour, kills }: Trend): number {
  const oldest = kills.findIndex((count) => count > 0)
  return oldest < 0 ? Number.POSITIVE_INFINITY : Date.parse(hour) + (oldest + 1) * HOUR_MS
}

/** A ring does not go back, unless it is a day ahead: then the clock that moved it was wrong. */
function newestHourMs(stored: Trend | undefined, now: Date): number {
  const nowMs = floorHourMs(now.getTime())
  const storedMs = stored === undefined ? nowMs : Date.parse(stored.hour)
  return storedMs > nowMs && storedMs - nowMs < TREND_HOURS * HOUR_MS ? storedMs : nowMs
}

function floorHourMs(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS
}
