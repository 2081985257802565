import type { LogRecord } from '#kernel/transport/logReader.ts'
import { parseKernelRelease } from '#kernel/dump/header.ts'
import { createAssembler, type Assembler } from './assembler.ts'
import { isToldVictim } from './groupVictims.ts'
import { missingParts } from './missingParts.ts'
import type { OomOutcome, OomUndecided, OomVictim } from './oomEvent.ts'
import type { OomLogEvent } from './oomLogEvent.ts'
import { RecordPlaces } from './recordPlaces.ts'

/** Events that more victims may join; interleaved callers keep several at a time. */
const MAX_WAITING = 8

interface Waiting {
  first: OomOutcome | OomUndecided
  victims: OomVictim[]
  message: string | undefined
  rawLines: readonly string[]
}

/**
 * A saved log's records → its events, each told once, when no more of it can come. What the assembler tells as it is
 * decided (a group kill victim by victim) is one event here. State is bounded.
 */
export class LogEvents {
  readonly #onEvent: (event: OomLogEvent) => void
  readonly #assembler: Assembler
  readonly #places = new RecordPlaces()
  readonly #waiting = new Map<number, Waiting>()
  #kernelRelease: string | undefined

  constructor(onEvent: (event: OomLogEvent) => void) {
    this.#onEvent = onEvent
    const take = (outcome: OomOutcome | OomUndecided) => this.#take(outcome)
    this.#assembler = createAssembler(take, take)
  }

  push(record: LogRecord): void {
    this.#places.add(record)
    if (record.facility === 0) this.#kernelRelease = parseKernelRelease(record.text) ?? this.#kernelRelease
    this.#assembler.push(record)
  }

  finish(): void {
    this.#assembler.finish()
    const waiting = [...this.#waiting.keys()].sort((a, b) => a - b)
    for (const eventSequence of waiting) this.#tell(eventSequence)
  }

  #take(outcome: OomOutcome | OomUndecided): void {
    const known = this.#waiting.get(outcome.eventSequence)
    const victim = outcome.outcome === 'killed' ? outcome.victim : undefined
    if (known !== undefined) {
      if (victim !== undefined && !isToldVictim(known.victims, victim, known.first.dump)) known.victims.push(victim)
      known.rawLines = outcome.rawLines
      return
    }
    if (this.#waiting.size >= MAX_WAITING) this.#tell(Math.min(...this.#waiting.keys()))
    this.#waiting.set(outcome.eventSequence, {
      first: outcome,
      victims: victim === undefined ? [] : [victim],
      message: outcome.outcome === 'killed' ? outcome.message : undefined,
      rawLines: outcome.rawLines,
    })
  }

  #tell(eventSequence: number): void {
    const waiting = this.#waiting.get(eventSequence)
    if (waiting === undefined) return
    this.#waiting.delete(eventSequence)
    const { first, victims, message, rawLines } = waiting
    this.#onEvent({
      outcome: first.outcome,
      victims,
      message,
      dump: first.dump,
      kernelRelease: first.dump?.kernelRelease ?? this.#kernelRelease,
      rawLines,
      missing: missingParts(first.outcome, first.dump, rawLines),
      ...this.#places.of(eventSequence),
    })
  }
}
