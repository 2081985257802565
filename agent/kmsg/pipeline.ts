import { createAssembler } from '#kernel/event/assembler.ts'
import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import { RawRecord } from '#kernel/kmsg/rawRecord.ts'
import { PrintkClock, type ClockReading } from './clock.ts'
import type { StartPlan } from './cursor.ts'
import { SequenceTracker, type LostRecords } from './sequence.ts'

export interface PipelinePorts {
  now: () => ClockReading
  onOutcome(outcome: OomOutcome, killedAt: ClockReading): void
  /** An outcome from before the dedupe window, found at a first start: to be counted, not told. */
  onBeforeCursor(outcome: OomOutcome): void
  /** An outcome that an earlier agent has spooled: it is on its way. */
  onSpooled(outcome: OomOutcome): void
  onRecord(): void
  onLost(lost: LostRecords): void
  /** Records are gone that an earlier agent has read, or has found lost: nobody knows. */
  onSkipped(): void
  onBadRecord(reason: string): void
}

/** Records in, outcomes of the OOM killer out: each record once, in order, with what is missing in between. */
export class KmsgPipeline {
  readonly #ports: PipelinePorts
  readonly #plan: StartPlan
  readonly #spooledThrough: number
  readonly #tracker: SequenceTracker
  readonly #record = new RawRecord()
  readonly #clock = new PrintkClock()
  readonly #assembler = createAssembler((outcome) => this.#tell(outcome))

  /** @param spooledThrough outcomes of records below this sequence are spooled */
  constructor(plan: StartPlan, spooledThrough: number, ports: PipelinePorts) {
    this.#plan = plan
    this.#spooledThrough = spooledThrough
    this.#ports = ports
    this.#tracker = new SequenceTracker(plan.fromSequence, plan.wholeBoot, spooledThrough)
  }

  push(raw: Buffer): void {
    const record = this.#record
    const failure = record.read(raw)
    if (failure !== undefined) return this.#ports.onBadRecord(failure)
    const taken = this.#tracker.take(record.sequence)
    // After an overrun the ring is read again from its oldest record.
    if (taken === 'seen') return this.#clock.interrupt()
    if (taken === 'skipped') this.#ports.onSkipped()
    else if (taken !== 'taken') this.#ports.onLost(taken)
    this.#clock.note(record.monotonicUsec, this.#ports.now())
    this.#ports.onRecord()
    this.#assembler.push(record)
  }

  /** Records have waited unread. */
  resumed(): void {
    this.#clock.interrupt()
  }

  /** Lines that look like a kill but do not come from the kernel. */
  get forgedKillLines(): number {
    return this.#assembler.counters.forgedKillLines
  }

  /** The sequence up to which records are read. */
  get readThrough(): number {
    return this.#tracker.next
  }

  /** The earliest record that is still needed: everything below is read and told to `onOutcome`. */
  get neededSequence(): number {
    return Math.min(this.#assembler.openSequence() ?? this.#tracker.next, this.#tracker.next)
  }

  #tell(outcome: OomOutcome): void {
    if (outcome.sequence < this.#spooledThrough) return this.#ports.onSpooled(outcome)
    if (this.#plan.publishAfterUsec !== undefined && outcome.monotonicUsec < this.#plan.publishAfterUsec) {
      return this.#ports.onBeforeCursor(outcome)
    }
    this.#ports.onOutcome(outcome, this.#clock.moment(outcome.monotonicUsec, this.#ports.now()))
  }
}
