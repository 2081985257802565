import { describe, expect, it } from '@jest/globals'
import { createMetrics } from '../../agent/metrics.ts'
import { OperatorMetrics } from '../../operator/adapters/operatorMetrics.ts'
import { CLOSED_LABELS, openSeries } from '../support/metricLabels.ts'

const registries = [
  createMetrics({ pending: () => 0, spoolBytes: () => 0, completeness: () => undefined }).registry,
  new OperatorMetrics(() => 0).registry,
]
/** prom-client's typings leave out the labels. */
const metrics = registries.flatMap(
  (registry) => registry.getMetricsAsArray() as unknown as readonly { name: string; labelNames: readonly string[] }[],
)
const labelled = metrics.filter(({ labelNames }) => labelNames.length > 0)

describe('the labels of all metrics', () => {
  it.each(labelled.map(({ name, labelNames }) => [name, labelNames] as const))(
    'of %s have closed lists of values',
    (name, labelNames) => {
      expect(Object.keys(CLOSED_LABELS[name] ?? {}).toSorted()).toEqual([...labelNames].toSorted())
    },
  )

  it('make few series: fifty for an agent, two hundred for the operator at most', () => {
    const most = (prefix: string): number =>
      metrics
        .filter(({ name }) => name.startsWith(prefix) && !name.includes('_nodejs_'))
        .map(({ name }) => Object.values(CLOSED_LABELS[name] ?? {}))
        .map((lists) => lists.reduce((series, values) => series * (values as readonly string[]).length, 1))
        .reduce((sum, series) => sum + series, 0)
    expect(most('oomkeeper_agent_')).toBeLessThanOrEqual(50)
    expect(most('oomkeeper_operator_')).toBeLessThanOrEqual(200)
  })

  it('are so from the start', async () => {
    for (const registry of registries) expect(openSeries(await registry.metrics())).toEqual([])
  })
})

describe('openSeries', () => {
  it.each([
    'oomkeeper_operator_reports{kind="Tenant"} 1',
    'oomkeeper_operator_reports{kind="OOMReport",namespace="shop"} 1',
    'oomkeeper_operator_reader_lag_messages{node="a"} 1',
    'oomkeeper_operator_retries_total{part="x\\"} 1',
    'no sample at all',
  ])('finds %s', (line) => {
    expect(openSeries(`# HELP a b\n${line}\noomkeeper_operator_reports{kind="OOMReport"} 1\n`)).toEqual([line])
  })
})
