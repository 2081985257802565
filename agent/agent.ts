import type { Logger } from 'pino'
import type { Completeness } from '#contract/nodeStatus.ts'
import type { CursorFile } from './adapters/cursorFile.ts'
import type { KillPublisher } from './adapters/killPublisher.ts'
import type { KmsgSource } from './adapters/kmsgSource.ts'
import type { LedgerFile } from './adapters/ledgerFile.ts'
import { AgentReport } from './agentReport.ts'
import type { UnexplainedKills } from './completeness/recovery.ts'
import type { NodeRoot } from './cgroup/nodeRoot.ts'
import { asOfNode, isForeign, isForeignCgroup } from './event/foreignKill.ts'
import { HeldKills } from './event/heldKills.ts'
import type { LocateVictim } from './event/victimPlace.ts'
import { KillAccount, type CgroupCounters } from './killAccount.ts'
import { KillTeller, type TellerIdentity } from './killTeller.ts'
import type { ClockReading } from './kmsg/clock.ts'
import { planStart, type Cursor, type StartPlan } from './kmsg/cursor.ts'
import { CursorKeeper } from './kmsg/cursorKeeper.ts'
import { KmsgPipeline } from './kmsg/pipeline.ts'
import type { AgentMetrics } from './metrics.ts'
import { KillQueue, type KillSpool, type OutgoingKill } from './publish/killQueue.ts'
import { KillSender } from './publish/killSender.ts'
import { NOT_STORED_ADVICE, type PublishOutcome } from './publish/outcome.ts'
import { spooledKills, type FoundKill } from './spool/found.ts'
import type { DropReason } from './spool/limits.ts'
import type { SpooledKill } from './spool/record.ts'

export interface AgentIdentity extends TellerIdentity {
  locate: LocateVictim
  nodeRoot: NodeRoot
}

type AgentSpool = KillSpool & { takeFound(): FoundKill[]; forgetStored(): void }

export interface AgentPorts {
  source: KmsgSource
  publisher: Pick<KillPublisher, 'publish' | 'trouble' | 'onConnect'>
  cursorFile: Pick<CursorFile, 'read' | 'write'>
  ledgerFile: Pick<LedgerFile, 'read' | 'write'>
  openSpool: (onDropped: (reason: DropReason, kills: number) => void) => AgentSpool
  /** The kernel's own count of kills since boot; undefined where there is none, and for a recording. */
  readKernelKills: () => number | undefined
  /** Undefined for a recording. Kills that they find without a line are told to `foundUnexplained`. */
  counters: CgroupCounters | undefined
  /** A cgroup's number; undefined when it is gone. */
  readCgroupId: (cgroupPath: string) => string | undefined
  now: () => ClockReading
  random: () => number
  logger: Logger
}

/** Without a cursor only younger kills are told: a stored one stays in the stream longer than that (the dedupe window). */
const DEDUPE_WINDOW_USEC = 3_600_000_000
/** The kills of one group follow each other within this. */
const GROUP_MS = 900
/** So much may wait in memory while the disk takes nothing; beyond, records wait in the kernel's ring. */
const MAX_MEMORY_BYTES = 8 * 1024 * 1024

/** One node's agent: kernel log → outcomes → events → spool → JetStream, with the cursor behind what is on disk or stored. */
export class Agent {
  readonly #ports: AgentPorts
  readonly #nodeRoot: NodeRoot
  readonly #report: AgentReport
  readonly #queue: KillQueue
  readonly #sender: KillSender
  readonly #teller: KillTeller
  readonly #held: HeldKills
  readonly #pipeline: KmsgPipeline
  readonly #keeper: CursorKeeper
  readonly #account: KillAccount
  #paused = false
  #lastTold = { eventSequence: Number.POSITIVE_INFINITY, atMs: Number.NEGATIVE_INFINITY }

  constructor(identity: AgentIdentity, ports: AgentPorts) {
    const { logger } = ports
    this.#ports = ports
    this.#nodeRoot = identity.nodeRoot
    this.#report = new AgentReport(
      { pending: () => this.#queue.size, spoolBytes: () => spool.bytes, completeness: () => this.completeness },
      logger,
    )
    const spool = ports.openSpool((reason, kills) => this.#onDropped(reason, kills))
    this.#queue = new KillQueue({
      spool,
      onTrouble: (error) => this.#report.spoolTrouble(error),
      onRecovered: () => this.#onSpoolRecovered(),
    })
    this.#sender = new KillSender({
      queue: this.#queue,
      publish: (subject, payload) => ports.publisher.publish(subject, payload),
      random: ports.random,
      onOutcome: (outcome, kill, retryInMs) => this.#onPublished(outcome, kill, retryInMs),
    })
    ports.publisher.onConnect(() => this.#sender.retryNow())
    this.#teller = new KillTeller(identity, logger, (kill) => this.#handOn(kill))
    this.#held = new HeldKills({
      tell: (outcome, killedAt, place) => {
        if (isForeign(this.#nodeRoot, outcome, place)) return this.#report.leftToOthers()
        this.#report.told(this.#teller.tell(asOfNode(this.#nodeRoot, outcome), killedAt, place))
      },
      monotonicMs: () => performance.now(),
    })

    const plan = this.#planStart(identity)
    const spooled = spooledKills(spool.takeFound(), identity.bootId)
    this.#pipeline = this.#makePipeline(plan, spooled.through, identity.locate)
    this.#account = new KillAccount({
      bootId: identity.bootId,
      plan,
      spooled,
      ledgerFile: ports.ledgerFile,
      counters: ports.counters,
      report: this.#report,
      readKernelKills: ports.readKernelKills,
      readThrough: () => this.#pipeline.readThrough,
      isBehind: () => this.#paused,
      isReadable: () => ports.source.trouble === undefined,
      unspooled: () => {
        const { lines, recovered } = spooledKills(this.#queue.unspooled, identity.bootId)
        return { lines: [...lines, ...this.#held.lines], recovered }
      },
      forgetStored: () => spool.forgetStored(),
      readCgroupId: ports.readCgroupId,
      tellRecovered: (kill) => {
        if (isForeignCgroup(this.#nodeRoot, kill.cgroupPath)) return this.#report.leftToOthers()
        this.#teller.tellRecovered(kill, ports.now())
      },
    })
    this.#keeper = new CursorKeeper({
      current: (): Cursor => ({
        bootId: identity.bootId,
        sequence: Math.min(
          this.#pipeline.neededSequence,
          this.#held.neededSequence,
          this.#queue.neededSequence,
          this.#groupSequence(),
        ),
      }),
      write: async (next) => {
        this.#account.save()
        await ports.cursorFile.write(next)
      },
      onFailure: (error, isRepeated) => this.#report.cursorNotSaved(error, isRepeated),
    })
  }

  get metrics(): AgentMetrics {
    return this.#report.metrics
  }

  /** Whether every kill of this boot is accounted for, as of the last look. */
  get completeness(): Completeness | undefined {
    const { completeness } = this.#account
    const isShared = this.#nodeRoot.kind !== 'whole'
    return completeness && { ...completeness, ...(isShared && { killsForeign: this.#report.foreignKills }) }
  }

  /** How many of the kernel's kills are done with; undefined while that is not known. */
  get accountedKills(): number | undefined {
    return this.#account.accountedKills
  }

  /** Kills that cgroups have counted and that no line told: told by that, once it is known that they have none. */
  foundUnexplained(found: readonly UnexplainedKills[]): void {
    this.#account.foundUnexplained(found)
  }

  /** Why kills would not reach the operator now, or not survive this agent. */
  notReady(): string[] {
    const reasons: string[] = []
    const { trouble } = this.#ports.publisher
    if (trouble !== undefined) reasons.push(`not connected to NATS: ${trouble}`)
    if (this.#sender.blocked !== undefined) {
      reasons.push(`${this.#queue.size} kills wait: ${NOT_STORED_ADVICE[this.#sender.blocked]}`)
    }
    if (this.#ports.source.trouble !== undefined)
      reasons.push(`no kill is seen: ${this.#ports.source.description} cannot be read`)
    if (this.#queue.trouble) reasons.push('the spool cannot be used: kills wait in memory')
    if (this.#keeper.failed) reasons.push('the cursor cannot be saved')
    return reasons
  }

  /** Reads and tells until the signal is aborted, or until a recording has ended and all of it is stored. */
  async run(signal: AbortSignal): Promise<void> {
    const sending = this.#sender.run(signal)
    this.#account.start()
    await this.#ports.source.run((record) => this.#onRecord(record), signal)
    this.#held.flush()
    if (!signal.aborted) {
      await Promise.race([this.#sender.drained(), sending])
      this.#lastTold.atMs = Number.NEGATIVE_INFINITY
    }
    this.#account.stop()
    this.#queue.close()
    await this.#keeper.save()
  }

  #planStart(identity: AgentIdentity): StartPlan {
    const { cursorFile, now, source, logger } = this.#ports
    const kept = cursorFile.read()
    // The cursor of the device or of another recording says nothing about this one.
    const cursor = identity.source === 'recording' && kept?.bootId !== identity.bootId ? undefined : kept
    const plan = planStart(cursor, identity.bootId, now().monotonicUsec, DEDUPE_WINDOW_USEC)
    const bootBefore = plan.wholeBoot ? cursor?.bootId : undefined
    const { fromSequence } = plan
    logger.info({ bootId: identity.bootId, bootBefore, fromSequence, source: source.description }, 'reading kernel log')
    return plan
  }

  #makePipeline(plan: StartPlan, spooledThrough: number, locate: LocateVictim): KmsgPipeline {
    return new KmsgPipeline(plan, spooledThrough, {
      now: this.#ports.now,
      onOutcome: (outcome, killedAt) => {
        this.#account.read(outcome)
        this.#lastTold = { eventSequence: outcome.eventSequence, atMs: performance.now() }
        const place = locate(asOfNode(this.#nodeRoot, outcome), killedAt.monotonicUsec / 1000)
        this.#held.add(outcome, killedAt, place)
      },
      onSpooled: (outcome) => {
        this.#account.readSpooled(outcome)
        this.#teller.remember(outcome)
      },
      onBeforeCursor: (outcome) => {
        this.#account.readBefore(outcome)
        this.metrics.beforeCursor.inc()
      },
      onRecord: () => this.metrics.records.inc(),
      onLost: (lost) => {
        this.#account.recordsLost()
        this.#report.recordsLost(lost)
      },
      onSkipped: () => this.#account.recordsLost(),
      onBadRecord: (reason) => this.#report.badRecord(reason),
    })
  }

  /** More victims of the last kill's group may come, and after a crash they are told with what was before them. */
  #groupSequence(): number {
    const { eventSequence, atMs } = this.#lastTold
    return performance.now() - atMs < GROUP_MS ? eventSequence : Number.POSITIVE_INFINITY
  }

  #onRecord(record: Buffer): void {
    this.#pipeline.push(record)
    this.#report.forgedLines(this.#pipeline.forgedKillLines)
    this.#keeper.moved('record')
  }

  #handOn(kill: OutgoingKill): void {
    this.#queue.add(kill)
    this.#sender.wake()
    this.#keeper.moved('kill')
    this.#holdOrRead()
  }

  /** Memory is bounded: while the disk takes nothing, the kernel's ring keeps what does not fit. */
  #holdOrRead(): void {
    const { source } = this.#ports
    if (this.#queue.memoryBytes >= MAX_MEMORY_BYTES && !this.#paused) {
      this.#paused = true
      source.pause()
    } else if (this.#queue.memoryBytes < MAX_MEMORY_BYTES / 2 && this.#paused) {
      this.#paused = false
      this.#pipeline.resumed()
      source.resume()
    }
  }

  #onPublished(outcome: PublishOutcome, kill: SpooledKill, retryInMs: number | undefined): void {
    this.#report.published(outcome, kill.subject, this.#queue.size, retryInMs)
    if (outcome.kind === 'notStored') return
    this.#holdOrRead()
  }

  #onSpoolRecovered(): void {
    this.#report.spoolRecovered()
    // Not a second later: until then a crash would need the kernel's ring.
    void this.#keeper.save()
    this.#sender.wake()
    this.#holdOrRead()
  }

  #onDropped(reason: DropReason, kills: number): void {
    this.#report.dropped(reason, kills)
    // Damaged ones are found before anything is counted, and may be marks or long stored.
    if (reason !== 'damaged') this.#account.dropped(kills)
  }
}
