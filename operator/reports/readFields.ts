import type * as z from 'zod'
import { MAX_LAST_KILLS, type Trend, type Watermark } from '../api/killRecord.ts'
import { whenOf } from './newKills.ts'
import { inThisForm, type Fields } from './storedForm.ts'
import { advanceTrend } from './trend.ts'
import { isPossible } from './watermark.ts'

export interface ReadContext {
  now: Date
  /** Identity of the stream of kills. Absent: not known, and what a watermark says of it is left to who knows. */
  stream?: string
  /** The last sequence that the stream is known to have. Absent: not known. */
  streamEnd?: number | undefined
}

/** Of no stream: the checkpoint, and the last kills, tell what is counted. */
const UNKNOWN_WATERMARK: Watermark = { stream: '(unknown)', sequence: 0 }

/** When a kill was, and when it was counted. */
export interface Seen {
  time: string
  seenAt: string
}

/**
 * Reads a stored status field by field: one that cannot be read, or that no operator can have written, is empty, or made anew from
 * the last kills.
 * @returns undefined where one is gone that nothing else tells.
 */
export function readFields<R extends Seen>(
  stored: unknown,
  shape: Readonly<Record<string, z.ZodType>>,
  record: z.ZodType<R>,
  { now, stream, streamEnd = Number.POSITIVE_INFINITY }: ReadContext,
  emptyOf: (lastKills: readonly R[]) => Fields,
): { status: Fields; repaired: string[] } | undefined {
  const all = inThisForm(stored)
  const latest = new Date(now.getTime() + MAX_AHEAD_MS).toISOString()
  const fields = withoutImpossible(all, latest)
  const kills = Array.isArray(all['lastKills']) ? (all['lastKills'] as unknown[]) : []
  const lastKills = kills
    .flatMap((kill) => record.safeParse(kill).data ?? [])
    .slice(0, MAX_LAST_KILLS)
    .map((kill) => (kill.seenAt > latest ? { ...kill, seenAt: now.toISOString() } : kill))
  const times = lastKills.map(whenOf).toSorted()
  const empty: Fields = {
    observedGeneration: 0,
    firstSeen: times[0],
    lastSeen: times.at(-1),
    byScope: {},
    byCommand: {},
    killsLastDay: 0,
    trend: trendOf(lastKills, now),
    lastKills,
    watermark: UNKNOWN_WATERMARK,
    conditions: [],
    ...emptyOf(lastKills),
  }
  const status: Record<string, unknown> = {}
  const repaired: string[] = []
  for (const [name, schema] of Object.entries(shape)) {
    const asStored = schema.safeParse(fields[name])
    const read = asStored.success ? asStored : schema.safeParse(empty[name])
    if (!read.success) return undefined
    if (!asStored.success) repaired.push(name)
    if (read.data !== undefined) status[name] = read.data
  }
  if (stream !== undefined && !isPossible(status['watermark'] as Watermark, { stream, streamEnd })) {
    status['watermark'] = UNKNOWN_WATERMARK
    repaired.push('watermark')
  }
  return { status, repaired }
}

/** Clocks of operators, of this one and the one before it, are not further apart. */
const MAX_AHEAD_MS = 86_400_000
/** More than any machine takes, and far from where numbers lose their last digit. */
const MAX_COUNT = 1e15

const SEEN_LISTS = new Set(['lastKills', 'lastRejects', 'undecided'])

/** Without what no operator can have written: counts beyond all bounds, and times that are still to come. */
function withoutImpossible(fields: Fields, latest: string): Fields {
  const isAhead = (time: unknown): boolean => typeof time === 'string' && time > latest
  const possible = Object.entries(fields).filter(([name, value]) => {
    if (name === 'firstSeen' || name === 'lastSeen') return !isAhead(value)
    if (name === 'kills' || name === 'withoutVictim') return typeof value !== 'number' || value <= MAX_COUNT
    if (!SEEN_LISTS.has(name)) return true
    return !Array.isArray(value) || !value.some((kill: Partial<Seen> | null) => isAhead(kill?.seenAt))
  })
  return Object.fromEntries(possible)
}

export function trendOf(lastKills: readonly Seen[], now: Date): Trend {
  return advanceTrend(undefined, lastKills.map(whenOf), now)
}
