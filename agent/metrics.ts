import { Counter, Gauge, Registry } from 'prom-client'
import { attributionSource, killEvent } from '#contract/killEvent.ts'
import { foresight } from '#contract/killContext.ts'
import type { Completeness } from '#contract/nodeStatus.ts'
import { closedCounter } from '#program/closedCounter.ts'
import { NOT_STORED_REASONS } from './publish/outcome.ts'
import { DROP_REASONS } from './spool/limits.ts'

export type AgentMetrics = ReturnType<typeof createMetrics>

export interface MetricSources {
  pending: () => number
  spoolBytes: () => number
  completeness: () => Completeness | undefined
}

/** What the agent tells about itself. The sources are read when asked. Labels have the values of closed lists. */
export function createMetrics({ pending, spoolBytes, completeness }: MetricSources) {
  const registry = new Registry()
  const registers = [registry]
  const counter = (name: string, help: string) => new Counter({ name: `oomkeeper_agent_${name}`, help, registers })
  new Gauge({
    name: 'oomkeeper_agent_kills_pending',
    help: 'Kills read from the kernel log and not yet acknowledged by JetStream.',
    registers,
    collect() {
      this.set(pending())
    },
  })
  new Gauge({
    name: 'oomkeeper_agent_spool_bytes',
    help: 'What the spool takes on disk.',
    registers,
    collect() {
      this.set(spoolBytes())
    },
  })
  // Of a young agent all that it counted is recent, also what it counted before it was first asked (docs/alerts.md).
  new Gauge({
    name: 'oomkeeper_agent_process_start_time_seconds',
    help: 'When the agent was started, in seconds since the epoch by its node.',
    registers,
  }).set(performance.timeOrigin / 1000)
  for (const [name, field, help] of COMPLETENESS) {
    new Gauge({
      name: `oomkeeper_agent_${name}`,
      help,
      registers,
      collect() {
        // Not 0 where the kernel does not count.
        this.set(completeness()?.[field] ?? Number.NaN)
      },
    })
  }
  return {
    registry,
    outcomes: closedCounter(
      {
        name: 'oomkeeper_agent_outcomes_total',
        help: 'Outcomes of the OOM killer read from the kernel log.',
        registers,
      },
      { outcome: killEvent.shape.outcome.options },
    ),
    attributions: closedCounter(
      {
        name: 'oomkeeper_agent_attributions_total',
        help: 'Kills told, by who said whose process it was; none: nobody could (docs/attribution.md).',
        registers,
      },
      { source: attributionSource.options },
    ),
    foresights: closedCounter(
      {
        name: 'oomkeeper_agent_foresights_total',
        help: 'Kills of a process that the last scan foresaw (hit), or of another (miss).',
        registers,
      },
      { outcome: foresight.shape.outcome.options },
    ),
    foreignKills: counter(
      'foreign_kills_total',
      'Kills of other nodes that share this kernel and its log, as kind’s do: left to them.',
    ),
    stored: counter('kills_stored_total', 'Kills acknowledged by JetStream.'),
    alreadyStored: counter(
      'kills_already_stored_total',
      'Kills that JetStream held already: told again after a restart.',
    ),
    notStored: closedCounter(
      {
        name: 'oomkeeper_agent_publish_failures_total',
        help: 'Attempts to store a kill that failed; the kill is kept and sent again.',
        registers,
      },
      { reason: NOT_STORED_REASONS },
    ),
    beforeCursor: counter(
      'kills_before_cursor_total',
      'Kills found at a first start that are older than the dedupe window: not told.',
    ),
    dropped: closedCounter(
      {
        name: 'oomkeeper_agent_kills_dropped_total',
        help: 'Kills that were given up before they were stored: the spool was full, they were a day old, or damaged on disk.',
        registers,
        isShownAtZero: true,
      },
      { reason: DROP_REASONS },
    ),
    auditStored: counter('audit_records_stored_total', 'Writes to processes and cgroups that OOM_AUDIT has.'),
    auditDropped: counter(
      'audit_records_dropped_total',
      'Writes that OOM_AUDIT was not told of: NATS was away, and too many waited.',
    ),
    spoolFailures: counter('spool_failures_total', 'Times that the spool could not be written or read.'),
    records: counter('kmsg_records_total', 'Kernel log records read.'),
    badRecords: counter('kmsg_bad_records_total', 'Kernel log records that could not be parsed.'),
    lostRecords: counter('kmsg_lost_records_total', 'Kernel log records overwritten before they could be read.'),
    forged: counter('forged_kill_lines_total', 'Lines that look like a kill but were not written by the kernel.'),
    cursorFailures: counter('cursor_write_failures_total', 'Attempts to save the cursor that failed.'),
  }
}

/** docs/completeness.md. They may fall: when the node boots, and when a line comes late. */
const COMPLETENESS = [
  ['kernel_kills', 'kernelKills', 'Kills that the kernel has counted since boot (oom_kill of /proc/vmstat).'],
  ['kills_before', 'killsBefore', 'Kills of this boot whose lines were gone when the first agent began to read.'],
  ['kill_lines', 'killLines', 'Kill lines read on this boot, over restarts of the agent.'],
  ['kills_lost', 'killsLost', 'Kills whose lines were overwritten before they could be read.'],
  ['kills_unseen', 'killsUnseen', 'Kills that the kernel has counted and that nothing else accounts for: 0 at rest.'],
] as const satisfies readonly (readonly [string, keyof Completeness, string])[]
