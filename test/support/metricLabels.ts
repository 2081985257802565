import { attributionSource, killScope } from '../../contract/killEvent.ts'
import { hidden } from '../../operator/api/oomReport.ts'
import { LOGIN_REFUSALS } from '../../operator/identity/loginDesk.ts'
import { PARTS } from '../../operator/runtime/keepTrying.ts'

type Values = readonly string[] | RegExp

const KINDS = ['OOMReport', 'NodeOOMReport']

/** Metric → label → the values that it may have. A metric that is not here has no label: one more series for each value that is. */
export const CLOSED_LABELS: Readonly<Record<string, Readonly<Record<string, Values>>>> = {
  oomkeeper_agent_outcomes_total: { outcome: ['killed', 'noKillable', 'panic'] },
  oomkeeper_agent_attributions_total: { source: attributionSource.options },
  oomkeeper_agent_foresights_total: { outcome: ['hit', 'miss'] },
  oomkeeper_agent_kills_dropped_total: { reason: ['size', 'age', 'damaged'] },
  oomkeeper_agent_publish_failures_total: {
    reason: ['streamFull', 'tooLarge', 'refused', 'noResponders', 'timeout', 'disconnected', 'other'],
  },
  oomkeeper_operator_kills_counted_total: { scope: killScope.options },
  oomkeeper_operator_hidden_judged_total: { hidden: hidden.options },
  oomkeeper_operator_report_updates_total: { kind: KINDS, outcome: ['written', 'unchanged', 'gone', 'refused'] },
  oomkeeper_operator_reports_deleted_total: { kind: KINDS, reason: ['age', 'namespaceCount', 'totalCount'] },
  oomkeeper_operator_kubernetes_events_dropped_total: {
    reason: ['queueFull', 'rateLimited', 'unreachable', 'refused'],
  },
  oomkeeper_operator_retries_total: { part: PARTS },
  oomkeeper_operator_logins_refused_total: { reason: LOGIN_REFUSALS },
  oomkeeper_operator_reports: { kind: KINDS },
  oomkeeper_operator_agents: { state: ['fresh', 'stale', 'gone'] },
  // Node.js's own: names that its code has, some dozens, and its version.
  oomkeeper_operator_nodejs_active_resources: { type: /^[A-Z]\w{2,40}$/ },
  oomkeeper_operator_nodejs_active_handles: { type: /^[A-Z]\w{2,40}$/ },
  oomkeeper_operator_nodejs_active_requests: { type: /^[A-Z]\w{2,40}$/ },
  oomkeeper_operator_nodejs_heap_space_size_total_bytes: { space: /^[a-z_]{2,30}$/ },
  oomkeeper_operator_nodejs_heap_space_size_used_bytes: { space: /^[a-z_]{2,30}$/ },
  oomkeeper_operator_nodejs_heap_space_size_available_bytes: { space: /^[a-z_]{2,30}$/ },
  oomkeeper_operator_nodejs_version_info: { version: /^v[\d.]+$/, major: /^\d+$/, minor: /^\d+$/, patch: /^\d+$/ },
  oomkeeper_operator_nodejs_gc_duration_seconds: { kind: ['minor', 'major', 'incremental', 'weakcb'] },
  oomkeeper_operator_nodejs_gc_duration_seconds_bucket: {
    kind: ['minor', 'major', 'incremental', 'weakcb'],
    le: /^(?:[\d.]+|\+Inf)$/,
  },
  oomkeeper_operator_nodejs_gc_duration_seconds_sum: { kind: ['minor', 'major', 'incremental', 'weakcb'] },
  oomkeeper_operator_nodejs_gc_duration_seconds_count: { kind: ['minor', 'major', 'incremental', 'weakcb'] },
}

/** The series of a /metrics answer with a label, or a value of one, that is in no closed list. */
export function openSeries(metrics: string): string[] {
  const samples = metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return samples.filter((line) => {
    const [, name = '', , text = ''] = /^(\w+)(\{(.*)\})? \S+$/.exec(line) ?? []
    const labels = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)",?/g)]
    const isWhole = labels.map(([all]) => all).join('') === text
    return (
      name === '' ||
      !isWhole ||
      !labels.every(([, label = '', value = '']) => isClosed(CLOSED_LABELS[name]?.[label], value))
    )
  })
}

function isClosed(values: Values | undefined, value: string): boolean {
  return values instanceof RegExp ? values.test(value) : (values?.includes(value) ?? false)
}
