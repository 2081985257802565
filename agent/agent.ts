import type { Logger } from 'pino'
import { encodeKillEvent, type KillEvent } from '#contract/killEvent.ts'
import { killSubject } from '#contract/subjects.ts'
import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import { messageOf, printable } from '#program/errors.ts'
import type { Completeness } from '#contract/nodeStatus.ts'
import type { CursorFile } from './adapters/cursorFile.ts'
import type { KillPublisher } from './adapters/killPublisher.ts'
import type { KmsgSource } from './adapters/kmsgSource.ts'
import type { LedgerFile } from './adapters/ledgerFile.ts'
import { KillCount } from './completeness/killCount.ts'
import { openLedger } from './completeness/ledger.ts'
import { buildKillEvent, withoutDetails, type EventContext } from './event/build.ts'
import type { ClockReading } from './kmsg/clock.ts'
import { planStart } from './kmsg/cursor.ts'
import { CursorKeeper } from './kmsg/cursorKeeper.ts'
import { KmsgPipeline } from './kmsg/pipeline.ts'
import { createMetrics, type AgentMetrics } from './metrics.ts'
import { Outbox, type OutgoingKill } from './publish/outbox.ts'
import { NOT_STORED_ADVICE, type PublishOutcome } from './publish/outcome.ts'

export interface AgentPorts {
  source: KmsgSource
  publisher: Pick<KillPublisher, 'publish' | 'connected'>
  cursorFile: Pick<CursorFile, 'read' | 'write'>
  ledgerFile: Pick<LedgerFile, 'read' | 'write'>
  /** The kernel's own count of kills since boot; undefined where there is none, and for a recording. */
  readKernelKills: () => number | undefined
  now: () => ClockReading
  random: () => number
  logger: Logger
}

export type AgentIdentity = Omit<EventContext, 'killedAtMs'>

/** Without a cursor only younger kills are told: a stored one stays in the stream longer than that (the dedupe window). */
const DEDUPE_WINDOW_USEC = 3_600_000_000
/** What is said of kills that the kernel counted and that have no line. */
const MISSING = {
  lost: 'kill lines were lost with the records that were overwritten',
  unseen: 'the kernel has counted more kills than there are kill lines, and no records were overwritten',
}
/** So much may wait in memory; beyond, records wait in the kernel's ring. */
const MAX_PENDING_BYTES = 32 * 1024 * 1024

/** One node's agent: kernel log → outcomes → events → JetStream, with the cursor behind what is acknowledged. */
export class Agent {
  readonly metrics: AgentMetrics
  readonly #identity: AgentIdentity
  readonly #ports: AgentPorts
  readonly #outbox: Outbox
  readonly #pipeline: KmsgPipeline
  readonly #keeper: CursorKeeper
  readonly #killCount: KillCount
  #paused = false
  #forgedSeen = 0

  constructor(identity: AgentIdentity, ports: AgentPorts) {
    this.#identity = identity
    this.#ports = ports
    this.metrics = createMetrics({
      pending: () => this.#outbox.size,
      completeness: () => this.completeness,
    })
    this.#outbox = new Outbox({
      publish: (subject, payload) => ports.publisher.publish(subject, payload),
      random: ports.random,
      onOutcome: (outcome, kill, retryInMs) => this.#onPublished(outcome, kill, retryInMs),
    })
    const kept = ports.cursorFile.read()
    // The cursor of the device or of another recording says nothing about this one.
    const cursor = identity.source === 'recording' && kept?.bootId !== identity.bootId ? undefined : kept
    const plan = planStart(cursor, identity.bootId, ports.now().monotonicUsec, DEDUPE_WINDOW_USEC)
    ports.logger.info(
      {
        bootId: identity.bootId,
        bootBefore: plan.wholeBoot ? cursor?.bootId : undefined,
        fromSequence: plan.fromSequence,
        source: ports.source.description,
      },
      'reading kernel log',
    )
    this.#pipeline = new KmsgPipeline(plan, {
      now: ports.now,
      onOutcome: (outcome, killedAtMs) => {
        this.#countLine(outcome)
        this.#onOutcome(outcome, killedAtMs)
      },
      onBeforeCursor: (outcome) => {
        this.#countLine(outcome)
        this.metrics.beforeCursor.inc()
      },
      onRecord: () => this.metrics.records.inc(),
      onLost: ({ firstLost, nextRead }) => {
        this.metrics.lostRecords.inc(nextRead - firstLost)
        this.#killCount.recordsLost()
        ports.logger.warn(
          { firstLost, nextRead },
          `${nextRead - firstLost} records lost between ${firstLost === 0 ? 'boot' : firstLost - 1} and ${nextRead}: the kernel's ring overwrote them before they could be read`,
        )
      },
      onBadRecord: (reason) => {
        this.metrics.badRecords.inc()
        ports.logger.debug({ reason }, 'record passed over')
      },
    })
    this.#killCount = new KillCount(openLedger(ports.ledgerFile.read(), identity.bootId, plan.wholeBoot), {
      readKernelKills: ports.readKernelKills,
      isBehind: () => this.#paused,
      save: (ledger) => ports.ledgerFile.write(ledger),
      onFailure: (error) =>
        ports.logger.warn(
          `expected to save the counts of kills, got: ${messageOf(error)}; tried again with the cursor`,
        ),
      onMissing: (kind, kills) => ports.logger.warn({ kills }, MISSING[kind]),
      monotonicMs: () => performance.now(),
    })
    this.#keeper = new CursorKeeper({
      current: () => ({
        bootId: identity.bootId,
        sequence: Math.min(this.#pipeline.neededSequence, this.#outbox.neededSequence ?? Number.POSITIVE_INFINITY),
      }),
      write: (next) => {
        this.#killCount.save()
        ports.cursorFile.write(next)
      },
      onFailure: (error) => {
        this.metrics.cursorFailures.inc()
        ports.logger.warn(`expected to save the cursor, got: ${messageOf(error)}; it is kept in memory and tried again`)
      },
    })
  }

  /** Whether every kill of this boot is accounted for, as of the last look. */
  get completeness(): Completeness | undefined {
    return this.#killCount.completeness
  }

  /** Why kills would not reach the operator now. */
  notReady(): string[] {
    const reasons: string[] = []
    if (!this.#ports.publisher.connected) reasons.push('not connected to NATS')
    if (this.#outbox.blocked !== undefined) {
      reasons.push(`${this.#outbox.size} kills wait: ${NOT_STORED_ADVICE[this.#outbox.blocked]}`)
    }
    if (this.#keeper.failed) reasons.push('the cursor cannot be saved')
    return reasons
  }

  /** Reads and tells until the signal is aborted, or until a recording has ended and all of it is stored. */
  async run(signal: AbortSignal): Promise<void> {
    const sending = this.#outbox.run(signal)
    this.#killCount.start()
    await this.#ports.source.run((record) => this.#onRecord(record), signal)
    if (!signal.aborted) await Promise.race([this.#outbox.drained(), sending])
    this.#killCount.stop()
    this.#keeper.save()
  }

  #countLine({ outcome, sequence }: OomOutcome): void {
    if (outcome === 'killed') this.#killCount.line(sequence)
  }

  #onRecord(record: Buffer): void {
    this.#pipeline.push(record)
    const forged = this.#pipeline.forgedKillLines
    if (forged > this.#forgedSeen) {
      this.metrics.forged.inc(forged - this.#forgedSeen)
      this.#ports.logger.warn('a line that looks like a kill was not written by the kernel: passed over')
      this.#forgedSeen = forged
    }
    this.#keeper.moved('record')
  }

  #onOutcome(outcome: OomOutcome, killedAtMs: number): void {
    this.metrics.outcomes.inc({ outcome: outcome.outcome })
    const event = buildKillEvent(outcome, { ...this.#identity, killedAtMs })
    const command = event.victim && printable(event.victim.command)
    this.#ports.logger.info(
      {
        sequence: event.sequence,
        outcome: event.outcome,
        pid: event.victim?.pid,
        command,
        scope: event.scope,
        ...event.attribution,
      },
      'OOM kill',
    )
    this.#outbox.add({
      subject: killSubject(event.node, event.bootId, event.sequence),
      payload: this.#encode(event),
      neededSequence: event.eventSequence,
    })
    if (this.#outbox.bytes >= MAX_PENDING_BYTES) {
      this.#paused = true
      this.#ports.source.pause()
    }
  }

  /** A field that does not fit costs the kill its details, never its place in the count. */
  #encode(event: KillEvent): Uint8Array {
    try {
      return encodeKillEvent(event)
    } catch (error) {
      this.#ports.logger.error(
        { sequence: event.sequence, err: error },
        'an event does not fit its schema: told without its details',
      )
      return encodeKillEvent(withoutDetails(event))
    }
  }

  #onPublished(outcome: PublishOutcome, kill: OutgoingKill, retryInMs: number | undefined): void {
    if (outcome.kind === 'notStored') {
      this.metrics.notStored.inc({ reason: outcome.reason })
      this.#ports.logger.warn(
        { subject: kill.subject, reason: outcome.reason, pending: this.#outbox.size, retryInMs },
        `a kill could not be stored and is kept: ${outcome.message}; ${NOT_STORED_ADVICE[outcome.reason]}`,
      )
      return
    }
    const metric = outcome.kind === 'stored' ? this.metrics.stored : this.metrics.alreadyStored
    metric.inc()
    if (this.#outbox.bytes < MAX_PENDING_BYTES / 2) {
      this.#paused = false
      this.#ports.source.resume()
    }
    this.#keeper.moved('ack')
  }
}
