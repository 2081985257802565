import { describe, expect, it } from '@jest/globals'
import { Registry } from 'prom-client'
import { closedCounter } from './closedCounter.ts'

const LABELS = { kind: ['a', 'b'], outcome: ['written', 'gone'] } as const

describe('closedCounter', () => {
  it('has every series from the start where it is asked for, and counts in them', async () => {
    const registry = new Registry()
    const config = { name: 'updates_total', help: 'Updates.', registers: [registry] }
    const counter = closedCounter({ ...config, isShownAtZero: true }, LABELS)
    counter.inc({ kind: 'b', outcome: 'gone' })
    counter.inc({ kind: 'b', outcome: 'gone' }, 4)
    expect((await registry.metrics()).match(/^updates_total.*$/gm)).toEqual([
      'updates_total{kind="a",outcome="written"} 0',
      'updates_total{kind="a",outcome="gone"} 0',
      'updates_total{kind="b",outcome="written"} 0',
      'updates_total{kind="b",outcome="gone"} 5',
    ])
  })

  it('has else only what was counted, and takes no value that is not in its lists', async () => {
    const registry = new Registry()
    const counter = closedCounter({ name: 'updates_total', help: 'Updates.', registers: [registry] }, LABELS)
    expect(await registry.metrics()).not.toContain('updates_total{')
    // @ts-expect-error: whose value would be a tenant's, say.
    const open: Parameters<typeof counter.inc>[0] = { kind: 'tenant', outcome: 'gone' }
    expect(open).toBeDefined()
  })
})
