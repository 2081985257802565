import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { load } from 'js-yaml'
import { createMetrics } from '../../agent/metrics.ts'
import { OperatorMetrics } from '../../operator/adapters/operatorMetrics.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8')

interface Rule {
  alert: string
  expr: string
  for?: string
  labels: { severity: string }
  annotations: { summary: string; description: string; runbook_url: string }
}
interface Panel {
  id: number
  type: string
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: readonly { expr: string }[]
}

const { groups } = load(read('dashboards/alerts.yaml')) as { groups: readonly { rules: readonly Rule[] }[] }
const rules = groups.flatMap((group) => group.rules)
const dashboard = JSON.parse(read('dashboards/oomkeeper.json')) as {
  panels: readonly Panel[]
  links: readonly { url: string }[]
}

/** The one place that says where the project lives. */
const { homepage, repository } = JSON.parse(read('package.json')) as { homepage: string; repository: { url: string } }
const RUNBOOK = `${homepage}/blob/main/docs/alerts.md`

const newRegistries = () => [
  createMetrics({ pending: () => 0, spoolBytes: () => 0, completeness: () => undefined }).registry,
  new OperatorMetrics(() => 0).registry,
]

/** What agent and operator really export: name → labels. prom-client's typings leave out the labels. */
const exported = new Map(
  newRegistries()
    .flatMap((registry) => registry.getMetricsAsArray() as unknown as { name: string; labelNames: readonly string[] }[])
    .map(({ name, labelNames }) => [name, labelNames] as const),
)

/** Each metric of an expression, with the labels that it is selected by. */
function selectorsOf(expr: string): { name: string; labels: string[] }[] {
  return [...expr.matchAll(/\b(oomkeeper_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', matchers = '']) => ({
    name,
    labels: [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label),
  }))
}

const alerts = rules.map(({ alert, expr }) => [`alert ${alert}`, expr] as const)
const targets = dashboard.panels.flatMap(({ title, targets: list = [] }) =>
  list.map(({ expr }) => [`panel ${title}`, expr] as const),
)

describe('alerts and dashboard', () => {
  it.each([...alerts, ...targets])('%s asks only for what is exported: %s', (_what, expr) => {
    const selectors = selectorsOf(expr)
    expect(selectors).not.toEqual([])
    for (const { name, labels } of selectors) {
      expect([...exported.keys()]).toContain(name)
      expect(exported.get(name)).toEqual(expect.arrayContaining(labels))
    }
    const grouped = [...expr.matchAll(/\bby \((\w+)\)/g)].map(([, label = '']) => label)
    for (const label of grouped) expect(selectors.flatMap(({ name }) => exported.get(name) ?? [])).toContain(label)
  })

  it.each(rules.map((rule) => [rule.alert, rule] as const))('%s says what it is, and where help is', (alert, rule) => {
    expect(alert).toMatch(/^OOM[A-Z]\w+$/)
    expect(rule.labels.severity).toMatch(/^(?:warning|critical)$/)
    expect(rule.annotations.summary).toMatch(/^[A-Z].{10,80}[^.]$/)
    expect(rule.annotations.description).toMatch(/.{40,}\.$/)
    expect(rule.annotations.runbook_url).toBe(`${RUNBOOK}#${alert.toLowerCase()}`)
  })

  it('lead to the documentation of the repository that package.json names, in the chart and on the dashboard too', () => {
    expect(repository.url).toBe(`git+${homepage}.git`)
    const values = load(read('charts/oomkeeper/values.yaml')) as { prometheusRule: { runbookUrl: string } }
    expect(values.prometheusRule.runbookUrl).toBe(RUNBOOK)
    expect(load(read('charts/oomkeeper/Chart.yaml'))).toMatchObject({ home: homepage, sources: [homepage] })
    expect(dashboard.links.map(({ url }) => url)).toEqual([RUNBOOK])
  })

  it('have a chapter in docs/alerts.md for each alert, in its order, and no other', () => {
    const chapters = [...read('docs/alerts.md').matchAll(/^## (\w+)$/gm)].map(([, title]) => title)
    expect(chapters).toEqual(rules.map(({ alert }) => alert))
  })

  it('are in the chart as they are here', () => {
    for (const file of ['alerts.yaml', 'oomkeeper.json']) {
      expect(read(`charts/oomkeeper/files/dashboards/${file}`)).toBe(read(`dashboards/${file}`))
    }
  })

  it('have panels that do not lie on each other, each with an id of its own', () => {
    const taken = new Map<string, string>()
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect([title, taken.get(`${x}/${y}`)]).toEqual([title, undefined])
          taken.set(`${x}/${y}`, title)
        }
      }
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
  })
})

describe('the counters that alerts look at', () => {
  it('are there from the start, so that the first kill is an increase', async () => {
    const texts = await Promise.all(newRegistries().map((registry) => registry.metrics()))
    for (const series of [
      'operator_hidden_judged_total{hidden="Yes"}',
      'operator_kills_counted_total{scope="Node"}',
      'operator_kubernetes_events_dropped_total{reason="refused"}',
      'operator_events_rejected_total',
      'agent_kills_dropped_total{reason="age"}',
    ]) {
      expect(texts.join('\n')).toContain(`\noomkeeper_${series} 0\n`)
    }
  })
})
