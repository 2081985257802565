import type { Logger } from 'pino'
import type { KillEvent } from '#contract/killEvent.ts'
import { messageOf } from '#program/errors.ts'
import type { LostRecords } from './kmsg/sequence.ts'
import { createMetrics, type AgentMetrics, type MetricSources } from './metrics.ts'
import { NOT_STORED_ADVICE, type NotStoredReason, type PublishOutcome } from './publish/outcome.ts'
import type { DropReason } from './spool/limits.ts'

/** What is said of kills that the kernel counted and that have no line. */
const MISSING = {
  lost: 'kill lines were lost with the records that were overwritten',
  unseen: 'the kernel has counted more kills than there are kill lines, and no records were overwritten',
}

const DROPPED: Record<DropReason, string> = {
  size: 'kills were given up: the spool was full, and newer ones had to be kept',
  age: 'kills were given up: they waited in the spool for a day',
  damaged: 'records of the spool are damaged and were passed over',
}

/** What the agent says of its own work: a metric, and a line of the log where an operator would want one. */
export class AgentReport {
  readonly metrics: AgentMetrics
  /** So far. */
  foreignKills = 0
  readonly #logger: Logger
  /** Why the oldest kill is not stored, as was said. */
  #notStored: NotStoredReason | undefined
  #forgedSeen = 0

  constructor(sources: MetricSources, logger: Logger) {
    this.metrics = createMetrics(sources)
    this.#logger = logger
  }

  told({ outcome, attribution, foresight }: KillEvent): void {
    this.metrics.outcomes.inc({ outcome })
    if (outcome !== 'killed') return
    this.metrics.attributions.inc({ source: attribution.source })
    if (foresight !== undefined) this.metrics.foresights.inc({ outcome: foresight.outcome })
  }

  /** A kill of another node that shares the kernel. */
  leftToOthers(): void {
    this.foreignKills++
    this.metrics.foreignKills.inc()
  }

  recordsLost({ firstLost, nextRead }: LostRecords): void {
    this.metrics.lostRecords.inc(nextRead - firstLost)
    this.#logger.warn(
      { firstLost, nextRead },
      `${nextRead - firstLost} records lost between ${firstLost === 0 ? 'boot' : firstLost - 1} and ${nextRead}: the kernel's ring overwrote them before they could be read`,
    )
  }

  badRecord(reason: string): void {
    this.metrics.badRecords.inc()
    this.#logger.debug({ reason }, 'record passed over')
  }

  /** @param total of all lines so far */
  forgedLines(total: number): void {
    if (total <= this.#forgedSeen) return
    this.metrics.forged.inc(total - this.#forgedSeen)
    this.#logger.warn('a line that looks like a kill was not written by the kernel: passed over')
    this.#forgedSeen = total
  }

  missingKills(kind: keyof typeof MISSING, kills: number): void {
    this.#logger.warn({ kills }, MISSING[kind])
  }

  published(outcome: PublishOutcome, subject: string, pending: number, retryInMs: number | undefined): void {
    if (outcome.kind !== 'notStored') {
      this.#notStored = undefined
      const metric = outcome.kind === 'stored' ? this.metrics.stored : this.metrics.alreadyStored
      metric.inc()
      return
    }
    const { reason, message } = outcome
    this.metrics.notStored.inc({ reason })
    const level = reason === this.#notStored ? 'debug' : 'warn'
    this.#notStored = reason
    this.#logger[level](
      { subject, reason, pending, retryInMs },
      `a kill could not be stored and is kept: ${message}; ${NOT_STORED_ADVICE[reason]}`,
    )
  }

  dropped(reason: DropReason, kills: number): void {
    this.metrics.dropped.inc({ reason }, kills)
    this.#logger.warn({ kills }, DROPPED[reason])
  }

  spoolTrouble(error: unknown): void {
    this.metrics.spoolFailures.inc()
    this.#logger.warn(
      `expected to keep kills in the spool, got: ${messageOf(error)}; they wait in memory, and the cursor behind them`,
    )
  }

  spoolRecovered(): void {
    this.#logger.info('the spool takes kills again')
  }

  countsNotSaved(error: unknown): void {
    this.#logger.warn(`expected to save the counts of kills, got: ${messageOf(error)}; tried again with the cursor`)
  }

  /** @param isRepeated the last attempt failed too: that was said */
  cursorNotSaved(error: unknown, isRepeated: boolean): void {
    this.metrics.cursorFailures.inc()
    this.#logger[isRepeated ? 'debug' : 'warn'](
      `expected to save the cursor, got: ${messageOf(error)}; it is kept in memory and tried again`,
    )
  }
}
