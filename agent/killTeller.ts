import type { Logger } from 'pino'
import { encodeKillEvent, type KillEvent } from '#contract/killEvent.ts'
import { killSubject, recoveredKillSubject } from '#contract/subjects.ts'
import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import { printable } from '#program/errors.ts'
import { buildRecoveredEvent, type RecoveredKill } from './event/recovered.ts'
import { resolveOwnEvent } from './event/ownEvent.ts'
import { ToldVictims } from './event/toldVictims.ts'
import type { VictimPlace } from './event/victimPlace.ts'
import { buildKillEvent, withoutDetails, type EventContext } from './event/build.ts'
import type { ClockReading } from './kmsg/clock.ts'
import type { OutgoingKill } from './publish/killQueue.ts'

export type TellerIdentity = Omit<EventContext, 'killedAt'>

/** Makes the message about an outcome of the killer, and hands it on. */
export class KillTeller {
  readonly #identity: TellerIdentity
  readonly #logger: Logger
  readonly #handOn: (kill: OutgoingKill) => void
  readonly #told = new ToldVictims()

  constructor(identity: TellerIdentity, logger: Logger, handOn: (kill: OutgoingKill) => void) {
    this.#identity = identity
    this.#logger = logger
    this.#handOn = handOn
  }

  /** @returns what was told */
  tell(read: OomOutcome, killedAt: ClockReading, place: VictimPlace | undefined): KillEvent {
    const outcome = resolveOwnEvent(read, place)
    const repeats = this.#told.note(outcome)
    const event = {
      ...buildKillEvent(outcome, place, { ...this.#identity, killedAt }),
      ...(repeats !== undefined && { repeats }),
    }
    this.#handOn({
      subject: killSubject(event.node, event.bootId, event.sequence),
      payload: this.#encode(event),
      monotonicUsec: outcome.monotonicUsec,
      killLine: outcome.outcome === 'killed',
      cgroupPath: place?.cgroupPath,
      neededSequence: event.eventSequence,
    })
    this.#log(event)
    return event
  }

  /** An outcome that an earlier agent told: more of its group may follow. */
  remember(outcome: OomOutcome): void {
    this.#told.note(outcome)
  }

  /** A kill whose line is lost. */
  tellRecovered(kill: RecoveredKill, now: ClockReading): void {
    const { node, bootId, pageSizeKib } = this.#identity
    const event = buildRecoveredEvent(kill, { node, bootId, pageSizeKib, now })
    this.#handOn({
      subject: recoveredKillSubject(node, bootId, event.recoveredAs ?? ''),
      payload: this.#encode(event),
      monotonicUsec: now.monotonicUsec,
      killLine: false,
      cgroupPath: kill.cgroupPath,
      // No record tells it.
      neededSequence: Number.POSITIVE_INFINITY,
    })
    this.#logger.warn({ ...event.attribution }, 'an OOM kill whose line is lost, by the count of its cgroup')
  }

  /** A field that does not fit costs the kill its details, never its place in the count. */
  #encode(event: KillEvent): Uint8Array {
    try {
      return encodeKillEvent(event)
    } catch (error) {
      this.#logger.error(
        { sequence: event.sequence, err: error },
        'an event does not fit its schema: told without its details',
      )
      return encodeKillEvent(withoutDetails(event))
    }
  }

  #log({ sequence, repeats, outcome, victim, scope, attribution }: KillEvent): void {
    const command = victim && printable(victim.command)
    this.#logger.info({ sequence, repeats, outcome, pid: victim?.pid, command, scope, ...attribution }, 'OOM kill')
  }
}
