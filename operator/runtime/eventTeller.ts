import { ProgramError } from '#program/errors.ts'
import { backoffMs } from '#program/backoff.ts'
import {
  SERIES_LIMITS,
  EventSeriesTable,
  type DropReason,
  type EventSeries,
  type SeriesLimits,
} from '../events/eventSeries.ts'
import type { EventDraft } from '../events/eventDraft.ts'
import { TokenBucket } from '#program/tokenBucket.ts'
import type { Waiting } from './keepTrying.ts'
import { retryDelayMs } from './retryDelay.ts'

/** Kubernetes Events in the apiserver. What waiting can mend is thrown as a ProgramError with `retry`. */
export interface EventSink {
  create(series: EventSeries): Promise<'written' | 'refused'>
  /** Brings the count of an Event that was made up to date. */
  update(series: EventSeries): Promise<'written' | 'gone' | 'refused'>
}

export interface TellerObserver {
  /** Kills that stand in an Event now. */
  told(kills: number): void
  dropped(reason: DropReason, kills: number): void
}

export interface TellerPorts {
  sink: EventSink
  waiting: Waiting
  now: () => Date
  observer: TellerObserver
  limits?: SeriesLimits
}

const POLL_MS = 200
/** As client-go (tools/events/event_broadcaster.go, maxTriesPerEvent). */
const MAX_ATTEMPTS = 12
const BACKOFF = { firstMs: 1_000, maxMs: 10_000 }
/** Of all objects: Events must not take the apiserver's time from reports. */
const BURST = 50
const REFILL_MS = 100

/** Tells kills as Kubernetes Events, beside the counting and never in its way: what it cannot tell it counts and drops. */
export class EventTeller {
  readonly #ports: TellerPorts
  readonly #table: EventSeriesTable

  constructor(ports: TellerPorts) {
    this.#ports = ports
    this.#table = new EventSeriesTable(ports.limits ?? SERIES_LIMITS, (reason, kills) =>
      ports.observer.dropped(reason, kills),
    )
  }

  /** Takes kills in; returns at once. */
  note(drafts: readonly EventDraft[]): void {
    const { now, waiting } = this.#ports
    for (const draft of drafts) this.#table.note(draft, now(), waiting.monotonicMs())
  }

  /** Runs until the signal is aborted. @throws the signal's reason. */
  async run(): Promise<never> {
    const { waiting } = this.#ports
    const pace = new TokenBucket(BURST, REFILL_MS, waiting.monotonicMs())
    for (;;) {
      waiting.signal.throwIfAborted()
      const series = this.#table.next(waiting.monotonicMs())
      if (series === undefined) {
        await waiting.sleep(POLL_MS)
        continue
      }
      const paceMs = pace.waitMs(waiting.monotonicMs())
      if (paceMs > 0) await waiting.sleep(paceMs)
      pace.take(waiting.monotonicMs())
      await this.#write(series)
    }
  }

  async #write(series: EventSeries): Promise<void> {
    const { sink, waiting, observer } = this.#ports
    const { kills, writtenKills } = series
    try {
      let outcome = writtenKills === 0 ? await sink.create(series) : await sink.update(series)
      // Events live for an hour; a series may outlive its own.
      if (outcome === 'gone') outcome = await sink.create(series)
      waiting.observer.fine('events')
      if (outcome === 'refused') return this.#table.drop(series, 'refused')
      this.#table.written(series, kills, waiting.monotonicMs())
      observer.told(kills - writtenKills)
    } catch (error) {
      waiting.signal.throwIfAborted()
      if (!(error instanceof ProgramError && error.retry)) throw error
      const ms = retryDelayMs(error, backoffMs(series.attempts, waiting.random(), BACKOFF))
      waiting.observer.trouble('events', error, ms)
      this.#table.failed(series, waiting.monotonicMs() + ms)
      if (series.attempts >= MAX_ATTEMPTS) this.#table.drop(series, 'unreachable')
    }
  }
}
