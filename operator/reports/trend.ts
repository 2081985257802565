import * as z from 'zod'
import { MAX_TREND_COUNT, TREND_DAYS, TREND_HOURS, count, time, type Trend } from '../api/killRecord.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * The rings at this time, with a kill added for each of these times. What is older than a ring is not in it.
 * @param times Of kills, ISO 8601, none later than now.
 */
export function advanceTrend(stored: Trend | undefined, times: readonly string[], now: Date): Trend {
  const hourMs = newestHourMs(stored, now)
  const storedMs = stored === undefined ? hourMs : Date.parse(stored.hour)
  const added = times.map((at): Counted => [Date.parse(at), 1])
  const kills = stored === undefined ? [] : countedAt(stored.kills, storedMs, HOUR_MS)
  const perDay = stored === undefined ? [] : countedAt(stored.perDay, storedMs, DAY_MS)
  return {
    hour: new Date(hourMs).toISOString(),
    kills: ringText([...kills, ...added], hourMs, HOUR_MS, TREND_HOURS),
    perDay: ringText([...perDay, ...added], hourMs, DAY_MS, TREND_DAYS),
  }
}

/** The counts of a ring, the newest last. */
export function parseCounts(text: string): number[] {
  return text.split(' ').map(Number)
}

/** In the hours of the trend. */
export function killsIn({ kills }: Trend): number {
  return parseCounts(kills).reduce((sum, counted) => sum + counted, 0)
}

/** When its sum changes though no kill comes, in milliseconds since the epoch: the oldest hour with kills leaves. */
export function trendChangeMs({ hour, kills }: Trend): number {
  const oldest = parseCounts(kills).findIndex((counted) => counted > 0)
  return oldest < 0 ? Number.POSITIVE_INFINITY : Date.parse(hour) + (oldest + 1) * HOUR_MS
}

const listForm = z.object({ hour: time, kills: z.array(count.max(MAX_TREND_COUNT)).length(TREND_HOURS) })

/**
 * A stored trend in the form of this version. An earlier one kept the hours as a list, and no days: these are as far
 * as the hours reach then.
 * @returns what it was given where it is not of that form.
 */
export function trendFromList(stored: unknown): unknown {
  const list = listForm.safeParse(stored)
  if (!list.success) return stored
  const kills = list.data.kills.join(' ')
  const hourMs = Date.parse(list.data.hour)
  return { ...list.data, kills, perDay: ringText(countedAt(kills, hourMs, HOUR_MS), hourMs, DAY_MS, TREND_DAYS) }
}

/** When, in milliseconds since the epoch, and how many. */
type Counted = readonly [atMs: number, counted: number]

/** @param hourMs When the newest hour began. */
function countedAt(text: string, hourMs: number, spanMs: number): Counted[] {
  const counts = parseCounts(text)
  const newestMs = floorMs(hourMs, spanMs)
  return counts.map((counted, index) => [newestMs - (counts.length - 1 - index) * spanMs, counted])
}

function ringText(all: readonly Counted[], hourMs: number, spanMs: number, length: number): string {
  const ring = Array.from({ length }, () => 0)
  const newestMs = floorMs(hourMs, spanMs)
  for (const [atMs, counted] of all) {
    const index = length - 1 - Math.round((newestMs - floorMs(atMs, spanMs)) / spanMs)
    const before = ring[index]
    if (before !== undefined) ring[index] = Math.min(MAX_TREND_COUNT, before + counted)
  }
  return ring.join(' ')
}

/** A ring does not go back, unless it is a day ahead: then the clock that moved it was wrong. */
function newestHourMs(stored: Trend | undefined, now: Date): number {
  const nowMs = floorMs(now.getTime(), HOUR_MS)
  const storedMs = stored === undefined ? nowMs : Date.parse(stored.hour)
  return storedMs > nowMs && storedMs - nowMs < DAY_MS ? storedMs : nowMs
}

function floorMs(ms: number, spanMs: number): number {
  return Math.floor(ms / spanMs) * spanMs
}
