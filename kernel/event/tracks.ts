import type { KmsgRecord } from '#kernel/kmsg/record.ts'
import { DECIDED_FOR_USEC, type DecidedEvent } from './decidedEvent.ts'
import type { OpenEvent } from './openEvent.ts'

/** A dump is printed at once, or as fast as a serial console goes. After this long its outcome was lost. */
const ABANDON_AFTER_USEC = 60_000_000
/** Callers with an event at a time; oom_lock lets one in, the rest is room for what a cut log leaves open. */
const MAX_TRACKS = 64

/** What is going on under one caller. */
export interface Track {
  readonly caller: string | undefined
  open: OpenEvent | undefined
  decided: DecidedEvent | undefined
  /** Until when a Mem-Info may come that is not the killer's, microseconds. */
  foreignUntilUsec: number
}

/** The events under way by caller; where the kernel prints no callers (most do not) there is one track for all. */
export class EventTracks {
  /** Dumps of the killer that were let go of without an outcome. */
  abandoned = 0
  /** Oldest first. Few, most of the time one: looked through for each record, which a map is slower at. */
  readonly #tracks: Track[] = []
  readonly #onAbandoned: (event: OpenEvent) => void

  constructor(onAbandoned: (event: OpenEvent) => void) {
    this.#onAbandoned = onAbandoned
  }

  create(record: KmsgRecord): Track {
    if (this.#tracks.length >= MAX_TRACKS) this.#dropOldest()
    const track = { caller: record.caller, open: undefined, decided: undefined, foreignUntilUsec: -1 }
    this.#tracks.push(track)
    return track
  }

  /** Lets go of the dump that is open, if any. Memory lines alone were somebody else's more often than not. */
  abandon(track: Track): void {
    const { open } = track
    track.open = undefined
    if (open?.isKillers() !== true) return
    this.abandoned++
    this.#onAbandoned(open)
  }

  /**
   * The record's track, after letting go of what can no longer be finished: too old, or (`gap`) records before this one
   * were lost.
   */
  find(record: KmsgRecord, gap: boolean): Track | undefined {
    let found: Track | undefined
    // By index: an iterator for each record of a log is more than all else here.
    for (let at = 0, track = this.#tracks[at]; track !== undefined; track = this.#tracks[at]) {
      const { open, decided } = track
      if (open !== undefined && (gap || record.monotonicUsec - open.lastUsec > ABANDON_AFTER_USEC)) this.abandon(track)
      if (decided !== undefined && (gap || record.monotonicUsec - decided.lastUsec > DECIDED_FOR_USEC))
        track.decided = undefined
      if (isIdle(track, record.monotonicUsec)) this.#tracks.splice(at, 1)
      else {
        if (track.caller === record.caller) found = track
        at++
      }
    }
    return found
  }

  abandonAll(): void {
    for (const track of this.#tracks) this.abandon(track)
    this.#tracks.length = 0
  }

  lowestSequence(): number | undefined {
    let lowest: number | undefined
    for (const { open, decided } of this.#tracks) {
      const needed = open?.firstSequence ?? (decided?.groupCgroup === undefined ? undefined : decided.eventSequence)
      if (needed !== undefined && (lowest === undefined || needed < lowest)) lowest = needed
    }
    return lowest
  }

  #dropOldest(): void {
    const oldest = this.#tracks.shift()
    if (oldest !== undefined) this.abandon(oldest)
  }
}

function isIdle({ open, decided, foreignUntilUsec }: Track, nowUsec: number): boolean {
  return open === undefined && decided === undefined && nowUsec > foreignUntilUsec
}
