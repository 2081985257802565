import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import { killScope } from '#contract/killEvent.ts'
import { hidden } from '../api/oomReport.ts'
import { DROP_REASONS } from '../events/eventSeries.ts'
import { AgentRoster, type AgentFigures } from '../runtime/agentRoster.ts'

/** What /metrics shows. Labels have few values, and none that a node or a tenant chooses. */
export class OperatorMetrics {
  readonly registry = new Registry()
  readonly agents = new AgentRoster()
  readonly killsCounted: Counter<'scope'>
  readonly eventsRejected: Counter
  readonly reportWrites: Counter<'kind' | 'outcome'>
  readonly hiddenJudged: Counter<'hidden'>
  readonly eventsTold: Counter
  readonly eventsDropped: Counter<'reason'>
  readonly reportsDeleted: Counter<'kind' | 'reason'>
  readonly streamPurges: Counter
  readonly sequencesMissing: Counter
  readonly troubles: Counter<'part'>
  readonly checkpointSequence: Gauge
  readonly streamLastSequence: Gauge
  readonly readerLag: Gauge
  readonly streamBytes: Gauge
  readonly streamMaxBytes: Gauge
  readonly rejectsKept: Gauge
  readonly reports: Gauge<'kind'>
  readonly reportsRecurring: Gauge
  readonly #agentStates: Gauge<'state'>
  readonly #killsUnseen: Gauge
  readonly #killsLost: Gauge
  readonly #killsDropped: Gauge
  readonly leading: Gauge

  constructor(podsCached: () => number) {
    const registers = [this.registry]
    const counter = <L extends string = never>(name: string, help: string, labelNames: L[] = []): Counter<L> =>
      new Counter({ name: `oomkeeper_operator_${name}`, help, labelNames, registers })
    const gauge = <L extends string = never>(name: string, help: string, labelNames: L[] = []): Gauge<L> =>
      new Gauge({ name: `oomkeeper_operator_${name}`, help, labelNames, registers })

    collectDefaultMetrics({ register: this.registry, prefix: 'oomkeeper_operator_' })
    this.killsCounted = counter('kills_counted_total', 'Kills counted in reports, by whose memory ran out.', ['scope'])
    this.eventsRejected = counter('events_rejected_total', 'Kill events set aside in OOM_REJECTS.')
    this.reportWrites = counter('report_updates_total', 'Updates of reports by how they ended.', ['kind', 'outcome'])
    this.hiddenJudged = counter(
      'hidden_judged_total',
      'Kills of which it was decided whether Kubernetes hid them (Yes), by what was decided.',
      ['hidden'],
    )
    this.eventsTold = counter(
      'kubernetes_events_told_total',
      'Kills that stand in Kubernetes Events, once for each object.',
    )
    this.eventsDropped = counter(
      'kubernetes_events_dropped_total',
      'Kills that could not be told as Kubernetes Events, once for each object; they are in the reports all the same.',
      ['reason'],
    )
    this.reportsDeleted = counter(
      'reports_deleted_total',
      'Reports given up, by why (age, namespaceCount, totalCount).',
      ['kind', 'reason'],
    )
    this.streamPurges = counter(
      'stream_purges_total',
      'How often counted kills were purged from the nearly full stream.',
    )
    this.sequencesMissing = counter(
      'stream_sequences_missing_total',
      'Messages gone from the stream before they were read.',
    )
    this.troubles = counter('retries_total', 'Steps that failed and were tried again.', ['part'])
    // From the start, so that the first of each is an increase.
    for (const scope of killScope.options) this.killsCounted.inc({ scope }, 0)
    for (const value of hidden.options) this.hiddenJudged.inc({ hidden: value }, 0)
    for (const reason of DROP_REASONS) this.eventsDropped.inc({ reason }, 0)
    this.checkpointSequence = gauge(
      'checkpoint_sequence',
      'Everything up to this stream sequence is counted or rejected.',
    )
    this.streamLastSequence = gauge('stream_last_sequence', 'Last known sequence of the stream of kills.')
    this.readerLag = gauge('reader_lag_messages', 'Messages between the checkpoint and the end of the stream.')
    this.streamBytes = gauge('stream_bytes', 'What OOM_KILLS holds.')
    this.streamMaxBytes = gauge('stream_max_bytes', 'What OOM_KILLS may hold; full, agents keep their kills and wait.')
    this.rejectsKept = gauge('rejects_kept', 'Kill events that are in OOM_REJECTS now.')
    this.reports = gauge('reports', 'Reports in the apiserver.', ['kind'])
    this.reportsRecurring = gauge('reports_recurring', 'Reports whose condition Recurring is true.')
    this.#agentStates = gauge(
      'agents',
      'Agents by whether they spoke within 90 s (fresh), did not (stale), or have no pods on their node either (gone).',
      ['state'],
    )
    this.#killsUnseen = gauge('kills_unseen', 'Kills that kernels have counted and that nothing else accounts for.')
    this.#killsLost = gauge('kills_lost', 'Kills whose lines were overwritten before an agent could read them.')
    this.#killsDropped = gauge('kills_dropped', 'Kills that agents gave up before they were stored.')
    this.leading = gauge('leading', 'Whether this operator works (1) or stands by for another (0).')
    new Gauge({
      name: 'oomkeeper_operator_pods_cached',
      help: 'Pods in memory.',
      registers,
      collect() {
        this.set(podsCached())
      },
    })
  }

  agentFigures({ agents, killsUnseen, killsLost, killsDropped }: AgentFigures): void {
    for (const state of ['fresh', 'stale', 'gone'] as const) this.#agentStates.set({ state }, agents[state])
    this.#killsUnseen.set(killsUnseen)
    this.#killsLost.set(killsLost)
    this.#killsDropped.set(killsDropped)
  }

  progressed(checkpoint: number, lastSequence: number): void {
    this.checkpointSequence.set(checkpoint)
    this.streamLastSequence.set(lastSequence)
    this.readerLag.set(Math.max(0, lastSequence - checkpoint))
  }
}
