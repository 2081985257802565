import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { OperatorMetrics } from '../../operator/adapters/operatorMetrics.ts'

/** prom-client's typings leave out the labels. */
interface Metric {
  name: string
  help: string
  type: unknown
  labelNames: readonly string[]
}
const { registry } = new OperatorMetrics(() => 5)
const own = (registry.getMetricsAsArray() as unknown as readonly Metric[]).filter(
  ({ name }) => !/^oomkeeper_operator_(?:process|nodejs)_/.test(name),
)

/** The rows of the table of metrics in docs/operating.md: name → labels. */
function readDocumented(): Map<string, string[]> {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/operating.md'), 'utf8')
  const table = text.slice(text.indexOf("### The operator's metrics"), text.indexOf('## `oomkeeper rank`'))
  const rows = table.matchAll(/^\| `(\w+)` +\|([^|]*)\|/gm)
  return new Map([...rows].map(([, name = '', labels = '']) => [name, labels.match(/\w+/g) ?? []]))
}

describe('the operator’s metrics', () => {
  it('are all in docs/operating.md with their labels, and no others', () => {
    const told = own.map(({ name, labelNames }) => [name.replace(/^oomkeeper_operator_/, ''), [...labelNames]])
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(readDocumented()))
  })

  it.each(own.map((metric) => [metric.name, metric] as const))(
    '%s has a name and a help text as Prometheus has them, and no label that a tenant chooses',
    (name, { help, type, labelNames }) => {
      expect(name).toMatch(/^oomkeeper_operator_[a-z]+(?:_[a-z]+)*$/)
      expect(name.endsWith('_total')).toBe(type === 'counter')
      expect(help).toMatch(/^[A-Z].{10,}\.$/)
      expect(labelNames).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/namespace|workload|pod|node|command/)]),
      )
    },
  )
})
