import { RawRecord } from '#kernel/kmsg/rawRecord.ts'
import type { KmsgRecord } from '#kernel/kmsg/record.ts'
import { decideEvent, describeUndecided, isGroupMember, type DecidedEvent } from './decidedEvent.ts'
import { parseGroupLine } from '#kernel/dump/groupLine.ts'
import { parseKillLine } from '#kernel/dump/killLine.ts'
import { shapeOf, type LineShape } from '#kernel/dump/lineShape.ts'
import { kindOf, type LineKind } from './lineKind.ts'
import type { OomKill, OomOutcome, OomUndecided, OomVictim } from './oomEvent.ts'
import { OpenEvent } from './openEvent.ts'
import { EventTracks, type Track } from './tracks.ts'

/** What was seen and not made into an outcome; each only grows. */
export interface AssemblerCounters {
  /** Kill lines (and "no killable", panic) from user space, which may write to the log but not as the kernel. */
  forgedKillLines: number
  /** Other lines of a dump from user space. */
  forgedDumpLines: number
  /** Dumps whose outcome never came, or came after records were lost in between. */
  abandonedDumps: number
  /** Dumps that stood before a kill which was not theirs. */
  mismatchedDumps: number
  /** `OOM victim N is already exiting. Skip killing the task`: the killer ran and nobody was killed. */
  skippedKills: number
  /** Lines of a dump left out because the event was full. */
  overflowLines: number
}

export interface Assembler {
  /** Records in the order of their sequence, those of user space included: a gap counts as lost records. */
  push(record: KmsgRecord): void
  /** The lowest kmsg sequence that an unfinished event still needs: a saved cursor goes no further. */
  openSequence(): number | undefined
  /** The log ends here: what is open stays undecided. */
  finish(): void
  /** As of now; a new value each time. */
  readonly counters: Readonly<AssemblerCounters>
}

/** After `page allocation failure`: its Mem-Info looks like the killer's. */
const FOREIGN_FOR_USEC = 1_000_000
/**
 * Kernel log records → outcomes of the OOM killer. A push parser without I/O or clock: fed record by record, it calls
 * `onOutcome` during the push of the line that decides, and knows nothing that was not pushed. State is bounded. What is
 * let go of without an outcome goes to `onUndecided`.
 */
export function createAssembler(
  onOutcome: (outcome: OomOutcome) => void,
  onUndecided?: (event: OomUndecided) => void,
): Assembler {
  return new RecordAssembler(onOutcome, onUndecided)
}

class RecordAssembler implements Assembler {
  readonly #counters = {
    forgedKillLines: 0,
    forgedDumpLines: 0,
    mismatchedDumps: 0,
    skippedKills: 0,
    overflowLines: 0,
  }
  readonly #tracks = new EventTracks((open) => this.#tellUndecided(open, 'undecided'))
  readonly #onOutcome: (outcome: OomOutcome) => void
  readonly #onUndecided: ((event: OomUndecided) => void) | undefined
  /** For records that were read elsewhere. */
  readonly #own = new RawRecord()
  #lastSequence: number | undefined

  constructor(onOutcome: (outcome: OomOutcome) => void, onUndecided: ((event: OomUndecided) => void) | undefined) {
    this.#onOutcome = onOutcome
    this.#onUndecided = onUndecided
  }

  get counters(): AssemblerCounters {
    return { ...this.#counters, abandonedDumps: this.#tracks.abandoned }
  }

  push(pushed: KmsgRecord): void {
    const record = pushed instanceof RawRecord ? pushed : this.#own.take(pushed)
    const gap = this.#lastSequence !== undefined && record.sequence > this.#lastSequence + 1
    this.#lastSequence = record.sequence
    const track = this.#tracks.find(record, gap)
    const shape = shapeOf(record)
    const kind = kindOf(shape)
    if (record.facility !== 0) {
      this.#countForged(kind)
      return
    }
    if (track?.open?.continueAnnouncement(record) === true) return
    if (kind === 'other' || (kind === 'detail' && track === undefined)) return
    this.#advance(record, shape, kind, track ?? this.#tracks.create(record))
  }

  finish(): void {
    this.#tracks.abandonAll()
  }

  openSequence(): number | undefined {
    return this.#tracks.lowestSequence()
  }

  #advance(record: RawRecord, shape: LineShape, kind: LineKind, track: Track): void {
    switch (kind) {
      case 'detail':
        track.open?.add(record, shape)
        break
      case 'header':
        this.#tracks.abandon(track)
        this.#openWith(record, shape, track)
        break
      case 'kill':
        this.#kill(record, track)
        break
      case 'group':
        this.#startGroup(record, track)
        break
      case 'noKillable':
      case 'panic':
        this.#noKill(record, kind, track)
        break
      case 'skipped':
        this.#skip(record, track)
        break
      case 'allocationFailure':
        track.foreignUntilUsec = record.monotonicUsec + FOREIGN_FOR_USEC
        break
      case 'memory':
        if (track.open !== undefined) track.open.add(record, shape)
        else if (record.monotonicUsec > track.foreignUntilUsec) this.#openWith(record, shape, track)
        break
      case 'announcement':
      case 'choice':
        if (track.open?.isAnnounced(record.text, kind) === true) this.#tracks.abandon(track)
        if (track.open === undefined) this.#openWith(record, shape, track)
        else track.open.add(record, shape)
        break
      case 'evidence':
        if (track.open === undefined) this.#openWith(record, shape, track)
        else track.open.add(record, shape)
        break
      case 'other':
        break
    }
  }

  /** Opens at a header, or at the first line that is left of a dump whose head was overwritten. */
  #openWith(record: RawRecord, shape: LineShape, track: Track): void {
    track.open = new OpenEvent(record)
    track.open.add(record, shape)
    // Memory lines alone may be anybody's: a group kill that goes on is not over for them.
    if (shape !== 'memory') track.decided = undefined
  }

  #kill(record: RawRecord, track: Track): void {
    const line = parseKillLine(record.text)
    if (line === undefined) return
    const pid = line.victim.pid
    const before = track.open?.isKillers() === true ? undefined : track.decided
    const group = before !== undefined && isGroupMember(before, record, pid) ? before : undefined
    const decided = group ?? this.#decide(record, line.victim, track)
    decided.lastUsec = record.monotonicUsec
    const outcome: OomKill = {
      outcome: 'killed',
      victim: line.victim,
      message: line.message ?? decided.message,
      groupCgroup: group?.groupCgroup,
      sequence: record.sequence,
      monotonicUsec: record.monotonicUsec,
      eventSequence: decided.eventSequence,
      dump: decided.dump,
      rawLines: decided.rawLines,
    }
    this.#onOutcome(group === undefined ? outcome : withLine(outcome, record.text))
  }

  #noKill(record: RawRecord, outcome: 'noKillable' | 'panic', track: Track): void {
    // The panic that follows "no killable processes" is the same invocation, already told.
    if (outcome === 'panic' && track.open === undefined && track.decided?.nobody === true) return
    const decided = this.#decide(record, undefined, track)
    this.#onOutcome({
      outcome,
      sequence: record.sequence,
      monotonicUsec: record.monotonicUsec,
      eventSequence: decided.eventSequence,
      dump: decided.dump,
      rawLines: decided.rawLines,
    })
  }

  #decide(record: RawRecord, victim: OomVictim | undefined, track: Track): DecidedEvent {
    const { decided, mismatched } = decideEvent(track.open, record, victim)
    if (mismatched) this.#counters.mismatchedDumps++
    if (mismatched && track.open !== undefined) this.#tellUndecided(track.open, 'undecided')
    this.#counters.overflowLines += track.open?.overflow ?? 0
    track.open = undefined
    track.decided = decided
    return decided
  }

  #skip(record: RawRecord, track: Track): void {
    this.#counters.skippedKills++
    const open = track.open ?? new OpenEvent(record)
    track.open = undefined
    open.add(record, 'skipped')
    this.#tellUndecided(open, 'skipped')
  }

  /** Parsed only where somebody listens. */
  #tellUndecided(open: OpenEvent, outcome: OomUndecided['outcome']): void {
    this.#onUndecided?.(describeUndecided(open, outcome))
  }

  #startGroup(record: RawRecord, track: Track): void {
    if (track.decided === undefined) {
      this.#tracks.abandon(track)
      track.decided = decideEvent(undefined, record, undefined).decided
    } else {
      track.decided.rawLines = [...track.decided.rawLines, record.text]
    }
    track.decided.groupCgroup = parseGroupLine(record.text)
    track.decided.nobody = false
    track.decided.lastUsec = record.monotonicUsec
  }

  #countForged(kind: LineKind): void {
    if (kind === 'kill' || kind === 'noKillable' || kind === 'panic') this.#counters.forgedKillLines++
    else if (kind === 'header' || kind === 'announcement' || kind === 'choice') this.#counters.forgedDumpLines++
  }
}

/** Put together when it is asked for: of a large group only few are. */
function withLine(outcome: OomKill, text: string): OomKill {
  const { rawLines } = outcome
  return Object.defineProperty(outcome, 'rawLines', { enumerable: true, get: () => [...rawLines, text] })
}
