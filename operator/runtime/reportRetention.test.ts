import { beforeEach, describe, expect, it } from '@jest/globals'
import { FakeReportStore } from '../testing/fakeReportStore.ts'
import { retainOnce, type RetentionPorts } from './reportRetention.ts'
import type { ReportKey } from './reportStore.ts'
import { WriteBudget } from './writeBudget.ts'

const NOW_MS = Date.parse('2026-06-01T00:00:00.000Z')
const keyOf = (name: string): ReportKey => ({ kind: 'OOMReport', namespace: 'shop', name })

let store: FakeReportStore
let ports: RetentionPorts
let deleted: string[]

beforeEach(() => {
  store = new FakeReportStore()
  deleted = []
  const waiting: RetentionPorts['waiting'] = {
    observer: { trouble: () => {}, fine: () => {} },
    sleep: () => new Promise(() => {}),
    random: () => 0,
    monotonicMs: () => 0,
    signal: new AbortController().signal,
  }
  ports = {
    store,
    loadCheckpoint: async () => ({ stream: 's1', sequence: 9 }),
    waiting,
    budget: new WriteBudget({ perSecond: 100, maxInFlight: 4, reportEveryMs: 1_000 }, waiting),
    now: () => new Date(NOW_MS),
    limits: { maxAgeMs: 86_400_000, maxPerNamespace: 10, maxTotal: 10 },
    deleted: (kind, reason) => void deleted.push(`${kind} ${reason}`),
  }
})

async function put(key: ReportKey, lastSeen: string, sequence = 5): Promise<void> {
  const created = await store.create(key, {})
  const status = { lastSeen, watermark: { stream: 's1', sequence } }
  if (created.outcome === 'created') await store.patchStatus(key, status, created.report.resourceVersion)
}

describe('retainOnce', () => {
  it('deletes what is given up, and says why', async () => {
    await put(keyOf('old'), '2026-05-01T00:00:00.000Z')
    await put(keyOf('new'), '2026-05-31T12:00:00.000Z')
    await put({ kind: 'NodeOOMReport', name: 'node-a' }, '2026-05-01T00:00:00.000Z')
    await retainOnce(ports)
    expect([...store.reports.keys()]).toEqual(['OOMReport/shop/new'])
    expect(deleted).toEqual(['OOMReport age', 'NodeOOMReport age'])
  })

  it('keeps a report that is written while it is looked at', async () => {
    await put(keyOf('old'), '2026-05-01T00:00:00.000Z')
    ports.loadCheckpoint = async () => {
      store.touch(keyOf('old'))
      return { stream: 's1', sequence: 9 }
    }
    await retainOnce(ports)
    expect(store.reports.size).toBe(1)
    expect(deleted).toEqual([])
  })
})
