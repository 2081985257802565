import type { LogRecord } from '#kernel/transport/logReader.ts'
import { parseKernelRelease } from '#kernel/dump/header.ts'
import { createAssembler, type Assembler } from './assembler.ts'
import { GroupVictims } from './groupVictims.ts'
import { missingParts } from './missingParts.ts'
import type { OomOutcome, OomUndecided } from './oomEvent.ts'
import type { OomLogEvent } from './oomLogEvent.ts'
import { RecordPlaces } from './recordPlaces.ts'

/** Events that more victims may join; interleaved callers keep several at a time. */
const MAX_WAITING = 8
/** No cgroup of a sane node has more processes; those beyond are counted. */
const MAX_VICTIMS = 10_000

interface Waiting {
  first: OomOutcome | OomUndecided
  /** Its raw lines are the event's. */
  last: OomOutcome | OomUndecided
  group: GroupVictims
  moreVictims: number
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
    const waiting = this.#waiting.get(outcome.eventSequence) ?? this.#begin(outcome)
    waiting.last = outcome
    if (outcome.outcome !== 'killed') return
    const { victim, dump } = outcome
    if (waiting.group.find(victim, dump) !== undefined) return
    if (waiting.group.told.length < MAX_VICTIMS) waiting.group.add(victim)
    else waiting.moreVictims++
  }

  #begin(first: OomOutcome | OomUndecided): Waiting {
    if (this.#waiting.size >= MAX_WAITING) this.#tell(Math.min(...this.#waiting.keys()))
    const waiting = { first, last: first, group: new GroupVictims(), moreVictims: 0 }
    this.#waiting.set(first.eventSequence, waiting)
    return waiting
  }

  #tell(eventSequence: number): void {
    const waiting = this.#waiting.get(eventSequence)
    if (waiting === undefined) return
    this.#waiting.delete(eventSequence)
    const { first, last, group, moreVictims } = waiting
    const { rawLines } = last
    this.#onEvent({
      outcome: first.outcome,
      victims: group.told,
      ...(moreVictims > 0 && { moreVictims }),
      message: first.outcome === 'killed' ? first.message : undefined,
      dump: first.dump,
      kernelRelease: first.dump?.kernelRelease ?? this.#kernelRelease,
      rawLines,
      missing: missingParts(first.outcome, first.dump, rawLines),
      ...this.#places.of(eventSequence),
    })
  }
}
