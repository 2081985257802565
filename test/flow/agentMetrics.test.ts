import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { createMetrics } from '../../agent/metrics.ts'

const { registry } = createMetrics({ pending: () => 3, spoolBytes: () => 4, completeness: () => undefined })
/** prom-client's typings leave out the labels. */
interface Metric {
  name: string
  help: string
  type: unknown
  labelNames: readonly string[]
}
const metrics = registry.getMetricsAsArray() as unknown as readonly Metric[]

/** The rows of the table of metrics in docs/operating.md: name → labels. */
function readDocumented(): Map<string, string[]> {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/operating.md'), 'utf8')
  const table = text.slice(text.indexOf('### Its metrics'), text.indexOf('### What it keeps in memory'))
  const rows = table.matchAll(/^\| `(\w+)` +\|([^|]*)\|/gm)
  return new Map([...rows].map(([, name = '', labels = '']) => [name, labels.match(/\w+/g) ?? []]))
}

describe('the agent’s metrics', () => {
  it('are all in docs/operating.md with their labels, and no others', () => {
    const told = metrics.map(({ name, labelNames }) => [name.replace(/^oomkeeper_agent_/, ''), [...labelNames]])
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(readDocumented()))
  })

  it.each(metrics.map((metric) => [metric.name, metric] as const))(
    '%s has a name and a help text as Prometheus has them',
    (name, { help, type }) => {
      expect(name).toMatch(/^oomkeeper_agent_[a-z]+(?:_[a-z]+)*$/)
      // A counter says that it is one; what may fall must not say so.
      expect(name.endsWith('_total')).toBe(type === 'counter')
      expect(help).toMatch(/^[A-Z].{10,}\.$/)
    },
  )

  it('tell what there is when they are asked, and no count of kills where the kernel has none', async () => {
    const text = await registry.metrics()
    expect(text).toMatch(/^oomkeeper_agent_kills_pending 3$/m)
    expect(text).toMatch(/^oomkeeper_agent_spool_bytes 4$/m)
    expect(text).toMatch(/^oomkeeper_agent_kills_unseen Nan$/im)
  })
})
