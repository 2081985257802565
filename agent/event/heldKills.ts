import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import type { ClockReading } from '../kmsg/clock.ts'
import { isSearch, type PlaceSearch, type VictimPlace } from './victimPlace.ts'

export interface HeldKillsPorts {
  /** Makes the message and hands it on. */
  tell: (outcome: OomOutcome, killedAt: ClockReading, place: VictimPlace | undefined) => void
  /** Milliseconds on a clock that only goes forward. */
  monotonicMs: () => number
}

interface Held {
  outcome: OomOutcome
  killedAt: ClockReading
  found: VictimPlace | PlaceSearch | undefined
  untilMs: number
}

/** The lines of kills that were counted are read within a tick of the kernel's clock, and a turn of this program. */
const WAIT_MS = 20
const LOOK_EVERY_MS = 2
/** A dump may be a megabyte. */
const MAX_HELD = 64

/**
 * Kills between the moment their line is read and their message. What can be known of a victim only while it is there is read
 * with its line; the message takes ten times as long, and is made when the lines that are there are read. One whose place may
 * be known in a moment waits for it, and those after it wait too, so that all stay in order.
 */
export class HeldKills {
  readonly #ports: HeldKillsPorts
  readonly #held: Held[] = []
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(ports: HeldKillsPorts) {
    this.#ports = ports
  }

  /** The earliest kmsg record that telling them would need. */
  get neededSequence(): number {
    return this.#held.reduce((lowest, { outcome }) => Math.min(lowest, outcome.eventSequence), Number.POSITIVE_INFINITY)
  }

  /** The kill lines among them, and their cgroups as far as these are known. */
  get lines(): { sequence: number; cgroupPath: string | undefined }[] {
    return this.#held.flatMap(({ outcome, found }) => {
      const place = isSearch(found) ? found.place : found
      return outcome.outcome === 'killed' ? [{ sequence: outcome.sequence, cgroupPath: place?.cgroupPath }] : []
    })
  }

  add(outcome: OomOutcome, killedAt: ClockReading, found: VictimPlace | PlaceSearch | undefined): void {
    this.#held.push({ outcome, killedAt, found, untilMs: this.#ports.monotonicMs() + WAIT_MS })
    while (this.#held.length > MAX_HELD) this.#tellFirst()
    this.#immediate ??= setImmediate(() => this.#goOn())
  }

  /** Tells all that is known now. */
  flush(): void {
    clearImmediate(this.#immediate)
    this.#immediate = undefined
    clearTimeout(this.#timer)
    while (this.#held.length > 0) this.#tellFirst()
  }

  #goOn(): void {
    this.#immediate = undefined
    clearTimeout(this.#timer)
    const [first] = this.#held
    if (first === undefined) return
    if (this.#isWaiting(first)) {
      this.#timer = setTimeout(() => this.#goOn(), LOOK_EVERY_MS).unref()
      return
    }
    this.#tellFirst()
    // Lines that have come meanwhile are read before the next is told.
    if (this.#held.length > 0) this.#immediate ??= setImmediate(() => this.#goOn())
  }

  #isWaiting({ found, untilMs }: Held): boolean {
    if (!isSearch(found) || found.isOver) return false
    found.look()
    return !found.isOver && this.#ports.monotonicMs() < untilMs
  }

  #tellFirst(): void {
    const held = this.#held.shift()
    if (held === undefined) return
    const { outcome, killedAt, found } = held
    this.#ports.tell(outcome, killedAt, isSearch(found) ? found.place : found)
  }
}
