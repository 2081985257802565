import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import { killScope } from '#contract/killEvent.ts'
import { closedCounter, type ClosedCounter, type ClosedLabels } from '#program/closedCounter.ts'
import { hidden } from '../api/oomReport.ts'
import { DROP_REASONS } from '../events/eventSeries.ts'
import { LOGIN_REFUSALS } from '../identity/loginDesk.ts'
import { RETENTION_REASONS } from '../reports/planRetention.ts'
import { AGENT_STATES, AgentRoster, type AgentFigures } from '../runtime/agentRoster.ts'
import { PARTS } from '../runtime/keepTrying.ts'

const KINDS = ['OOMReport', 'NodeOOMReport'] as const
const LABELS = {
  killsCounted: { scope: killScope.options },
  reportWrites: { kind: KINDS, outcome: ['written', 'unchanged', 'gone', 'refused'] },
  hiddenJudged: { hidden: hidden.options },
  eventsDropped: { reason: DROP_REASONS },
  reportsDeleted: { kind: KINDS, reason: RETENTION_REASONS },
  troubles: { part: PARTS },
  loginsRefused: { reason: LOGIN_REFUSALS },
} as const satisfies Record<string, ClosedLabels>
type Labelled<Name extends keyof typeof LABELS> = ClosedCounter<(typeof LABELS)[Name]>

/**
 * What /metrics shows. Labels have the values of closed lists, and none that a node or a tenant chooses. What only the operator
 * that works knows, one that stands by does not export: a figure is that of the leader, whoever it is and was.
 */
export class OperatorMetrics {
  readonly registry = new Registry()
  readonly agents = new AgentRoster()
  readonly killsCounted: Labelled<'killsCounted'>
  readonly eventsRejected: Counter
  readonly killsRefused: Counter
  readonly killsBeyondShare: Counter
  readonly reportWrites: Labelled<'reportWrites'>
  readonly hiddenJudged: Labelled<'hiddenJudged'>
  readonly eventsTold: Counter
  readonly eventsDropped: Labelled<'eventsDropped'>
  readonly reportsDeleted: Labelled<'reportsDeleted'>
  readonly streamPurges: Counter
  readonly sequencesMissing: Counter
  readonly troubles: Labelled<'troubles'>
  readonly loginsAdmitted: Counter
  readonly floodingConnectionsCut: Counter
  readonly loginsRefused: Labelled<'loginsRefused'>
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
  readonly #leading: Gauge
  readonly #reading: Gauge

  constructor(podsCached: () => number) {
    const registers = [this.registry]
    const counter = (name: string, help: string): Counter =>
      new Counter({ name: `oomkeeper_operator_${name}`, help, registers })
    const labelled = <const L extends ClosedLabels>(name: string, help: string, labels: L): ClosedCounter<L> =>
      closedCounter({ name: `oomkeeper_operator_${name}`, help, registers, isShownAtZero: true }, labels)
    const gauge = <L extends string = never>(name: string, help: string, labelNames: L[] = []): Gauge<L> =>
      new Gauge({ name: `oomkeeper_operator_${name}`, help, labelNames, registers })
    /** Exported once it is known, by the one that works: the 0 of one that stands by would be taken for a figure. */
    const figure = (name: string, help: string): Gauge => {
      const empty = gauge(name, help)
      empty.remove()
      return empty
    }

    collectDefaultMetrics({ register: this.registry, prefix: 'oomkeeper_operator_' })
    this.killsCounted = labelled(
      'kills_counted_total',
      'Kills counted in reports, by whose memory ran out.',
      LABELS.killsCounted,
    )
    this.eventsRejected = counter('events_rejected_total', 'Kill events set aside in OOM_REJECTS.')
    this.killsRefused = counter(
      'kills_refused_total',
      "Kills that their own report could not take: a quota or a webhook refused it, or its namespace ends. They are in their node's.",
    )
    this.killsBeyondShare = counter(
      'kills_beyond_share_total',
      'Messages of the stream of kills that were not counted, because their node had sent more than its share.',
    )
    this.reportWrites = labelled('report_updates_total', 'Updates of reports by how they ended.', LABELS.reportWrites)
    this.hiddenJudged = labelled(
      'hidden_judged_total',
      'Kills of which it was decided whether Kubernetes hid them (Yes), by what was decided.',
      LABELS.hiddenJudged,
    )
    this.eventsTold = counter(
      'kubernetes_events_told_total',
      'Kills, and what became of policies, that stand in Kubernetes Events, once for each object.',
    )
    this.eventsDropped = labelled(
      'kubernetes_events_dropped_total',
      'Kills, and what became of policies, that could not be told as Kubernetes Events, once for each object; reports and statuses have them all the same.',
      LABELS.eventsDropped,
    )
    this.reportsDeleted = labelled(
      'reports_deleted_total',
      'Reports given up, by why (age, namespaceCount, totalCount).',
      LABELS.reportsDeleted,
    )
    this.streamPurges = counter(
      'stream_purges_total',
      'How often counted kills were purged from the nearly full stream.',
    )
    this.sequencesMissing = counter(
      'stream_sequences_missing_total',
      'Messages gone from the stream before they were read.',
    )
    this.troubles = labelled('retries_total', 'Steps that failed and were tried again.', LABELS.troubles)
    this.loginsAdmitted = counter('logins_admitted_total', 'Logins of agents to NATS that were let in.')
    this.loginsRefused = labelled(
      'logins_refused_total',
      'Logins of agents to NATS that were not let in, by why.',
      LABELS.loginsRefused,
    )
    this.floodingConnectionsCut = counter(
      'flooding_connections_cut_total',
      'Connections of nodes to NATS that were ended, because their node had sent more kills than its share.',
    )
    this.checkpointSequence = figure(
      'checkpoint_sequence',
      'Everything up to this stream sequence is counted or rejected.',
    )
    this.streamLastSequence = figure('stream_last_sequence', 'Last known sequence of the stream of kills.')
    this.readerLag = figure('reader_lag_messages', 'Messages between the checkpoint and the end of the stream.')
    this.streamBytes = figure('stream_bytes', 'What OOM_KILLS holds.')
    this.streamMaxBytes = figure('stream_max_bytes', 'What OOM_KILLS may hold; full, agents keep their kills and wait.')
    this.rejectsKept = figure('rejects_kept', 'Kill events that are in OOM_REJECTS now.')
    this.reports = gauge('reports', 'Reports in the apiserver.', ['kind'])
    this.reportsRecurring = figure('reports_recurring', 'Reports whose condition Recurring is true.')
    this.#agentStates = gauge(
      'agents',
      'Agents by whether they spoke within 90 s (fresh), did not (stale), or have no pods on their node either (gone).',
      ['state'],
    )
    this.#killsUnseen = figure('kills_unseen', 'Kills that kernels have counted and that nothing else accounts for.')
    this.#killsLost = figure('kills_lost', 'Kills whose lines were overwritten before an agent could read them.')
    this.#killsDropped = figure('kills_dropped', 'Kills that agents gave up before they were stored.')
    this.#leading = gauge('leading', 'Whether this operator works (1) or stands by for another (0).')
    this.#reading = figure('reading', 'Whether the reader of the one that works stands in the checked stream of kills.')
    new Gauge({
      name: 'oomkeeper_operator_pods_cached',
      help: 'Pods in memory.',
      registers,
      collect() {
        this.set(podsCached())
      },
    })
  }

  /** It works from now on; it ends with its lease, and never stands by again. */
  leads(): void {
    this.#leading.set(1)
    this.reads(false)
  }

  /** Whether the reader stands in the stream whose identity was checked. */
  reads(isBound: boolean): void {
    this.#reading.set(isBound ? 1 : 0)
  }

  agentFigures({ agents, killsUnseen, killsLost, killsDropped }: AgentFigures): void {
    for (const state of AGENT_STATES) this.#agentStates.set({ state }, agents[state])
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
