import type { EventDraft, ObjectReference } from './eventDraft.ts'
import { setNewest } from '../runtime/setNewest.ts'
import { TokenBucket } from '#program/tokenBucket.ts'

/** Kills that one Event tells: the first in words, the rest as its count. */
export interface EventSeries {
  draft: EventDraft
  kills: number
  /** By the clock that only goes forward. */
  lastMs: number
  lastAt: Date
  firstAt: Date
  /** How many kills the apiserver knows of; 0 before the Event is made. */
  writtenKills: number
  writtenMs: number
  attempts: number
  /** After a write that failed, not before this. */
  retryMs: number
}

/** Why kills are in no Event. They are in the reports all the same. */
export const DROP_REASONS = ['queueFull', 'rateLimited', 'unreachable', 'refused'] as const
export type DropReason = (typeof DROP_REASONS)[number]

export interface SeriesLimits {
  /** Series, and objects with a budget. */
  maxSeries: number
  /** Of these, those whose Event is not made yet. */
  maxWaiting: number
}

/** As many as client-go keeps (tools/record/events_cache.go, maxLruCacheEntries; tools/events, maxQueuedEvents). */
export const SERIES_LIMITS: SeriesLimits = { maxSeries: 4_096, maxWaiting: 1_000 }
/** So long without another kill ends a series (tools/events/event_broadcaster.go, finishTime). */
const SERIES_END_MS = 360_000
/** Of one object: 25 at once, then one each 5 minutes (tools/record/events_cache.go, defaultSpamBurst and defaultSpamQPS). */
const OBJECT_BURST = 25
const OBJECT_REFILL_MS = 300_000
/** So many that differ by their subject; the rest of an object's are one (defaultAggregateMaxEvents). */
const MAX_SUBJECTS = 10
/** A series that goes on is written no more often, but for its second kill. */
const REWRITE_MS = 30_000
const COMBINED = '(combined from similar events): '

/**
 * Which Events are to be written: kills that differ by pid only are one series, an object has a budget, what floods is
 * combined. Holds no more than its limits, whatever comes.
 */
export class EventSeriesTable {
  readonly #limits: SeriesLimits
  readonly #dropped: (reason: DropReason, kills: number) => void
  /** Oldest first. */
  readonly #series = new Map<string, EventSeries>()
  readonly #budgets = new Map<string, { bucket: TokenBucket; subjects: number }>()
  #waiting = 0

  constructor(limits: SeriesLimits, dropped: (reason: DropReason, kills: number) => void) {
    this.#limits = limits
    this.#dropped = dropped
  }

  get size(): number {
    return this.#series.size
  }

  /** Takes a kill in. @param at The operator's wall clock. @param nowMs Its clock that only goes forward. */
  note(draft: EventDraft, at: Date, nowMs: number): void {
    const object = objectKey(draft.regarding)
    const isKnown = this.#count(seriesKey(object, draft.reason, draft.subject), at, nowMs)
    if (isKnown) return
    const budget = this.#budgetOf(object, nowMs)
    const isCombined = budget.subjects >= MAX_SUBJECTS
    if (isCombined && this.#count(seriesKey(object, draft.reason, COMBINED), at, nowMs)) return
    if (this.#waiting >= this.#limits.maxWaiting) return this.#dropped('queueFull', 1)
    if (this.#series.size >= this.#limits.maxSeries) this.#evict()
    const told = isCombined ? { ...draft, note: COMBINED + draft.note, subject: COMBINED } : draft
    budget.subjects++
    this.#waiting++
    this.#series.set(seriesKey(object, draft.reason, told.subject), {
      draft: told,
      kills: 1,
      lastMs: nowMs,
      lastAt: at,
      firstAt: at,
      writtenKills: 0,
      writtenMs: nowMs,
      attempts: 0,
      retryMs: nowMs,
    })
  }

  /** The next series that the apiserver must be told of; its object's budget is taken from. Forgets what has ended. */
  next(nowMs: number): EventSeries | undefined {
    for (const [key, series] of this.#series) {
      if (nowMs < series.retryMs) continue
      const hasEnded = nowMs - series.lastMs >= SERIES_END_MS
      if (series.kills === series.writtenKills) {
        if (hasEnded) this.#forget(key, series)
        continue
      }
      const isNew = series.writtenKills === 0
      // The last count of a series is always written: it is one write in six minutes.
      if (hasEnded && !isNew) return series
      const isDue = series.writtenKills <= 1 || nowMs - series.writtenMs >= REWRITE_MS
      // What was begun has been paid for.
      if (isDue && (series.attempts > 0 || this.#budgetOf(objectKey(series.draft.regarding), nowMs).bucket.take(nowMs)))
        return series
      if (hasEnded) this.#drop(key, series, 'rateLimited')
    }
    return undefined
  }

  /** @param kills How many the apiserver was told of. */
  written(series: EventSeries, kills: number, nowMs: number): void {
    if (series.writtenKills === 0 && this.#has(series)) this.#waiting--
    Object.assign(series, { writtenKills: kills, writtenMs: nowMs, attempts: 0 })
  }

  /** A write failed; it is tried again later. */
  failed(series: EventSeries, retryMs: number): void {
    series.attempts++
    series.retryMs = retryMs
  }

  drop(series: EventSeries, reason: DropReason): void {
    this.#drop(keyOf(series), series, reason)
  }

  #count(key: string, at: Date, nowMs: number): boolean {
    const series = this.#series.get(key)
    if (series === undefined) return false
    // What is not written yet goes on: nothing of it is lost.
    if (nowMs - series.lastMs >= SERIES_END_MS && series.kills === series.writtenKills) {
      this.#forget(key, series)
      return false
    }
    series.kills++
    series.lastMs = nowMs
    series.lastAt = at
    return true
  }

  #budgetOf(object: string, nowMs: number): { bucket: TokenBucket; subjects: number } {
    const known = this.#budgets.get(object)
    const budget = known ?? { bucket: new TokenBucket(OBJECT_BURST, OBJECT_REFILL_MS, nowMs), subjects: 0 }
    // The object that was silent for longest goes first.
    setNewest(this.#budgets, object, budget, this.#limits.maxSeries)
    return budget
  }

  #evict(): void {
    const [oldest] = this.#series
    if (oldest !== undefined) this.#drop(oldest[0], oldest[1], 'queueFull')
  }

  #drop(key: string, series: EventSeries, reason: DropReason): void {
    const lost = series.kills - series.writtenKills
    if (lost > 0 && this.#has(series)) this.#dropped(reason, lost)
    this.#forget(key, series)
  }

  #forget(key: string, series: EventSeries): void {
    if (this.#series.get(key) !== series) return
    this.#series.delete(key)
    if (series.writtenKills === 0) this.#waiting--
    const budget = this.#budgets.get(objectKey(series.draft.regarding))
    if (budget !== undefined) budget.subjects = Math.max(0, budget.subjects - 1)
  }

  #has(series: EventSeries): boolean {
    return this.#series.get(keyOf(series)) === series
  }
}

function keyOf({ draft }: EventSeries): string {
  return seriesKey(objectKey(draft.regarding), draft.reason, draft.subject)
}

function seriesKey(object: string, reason: string, subject: string): string {
  return `${object}\n${reason}\n${subject}`
}

function objectKey({ apiVersion, kind, namespace = '', name, uid }: ObjectReference): string {
  return `${apiVersion}/${kind}/${namespace}/${name}/${uid}`
}
