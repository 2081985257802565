import { beforeEach, describe, expect, it } from '@jest/globals'
import { ProgramError } from '#program/errors.ts'
import { FakeReportStore } from '../testing/fakeReportStore.ts'
import { retainOnce, type RetentionPorts } from './reportRetention.ts'
import type { ReportKey } from './reportStore.ts'
import { WriteBudget } from './writeBudget.ts'

const NOW_MS = Date.parse('2026-06-01T00:00:00.000Z')
const keyOf = (name: string): ReportKey => ({ kind: 'OOMReport', namespace: 'shop', name })

let store: FakeReportStore
let ports: RetentionPorts
let deleted: string[]
let troubles: string[]
let nowMs: number

beforeEach(() => {
  store = new FakeReportStore()
  deleted = []
  troubles = []
  nowMs = 0
  const waiting: RetentionPorts['waiting'] = {
    observer: { trouble: (part) => void troubles.push(part), fine: () => {} },
    sleep: async (ms) => void (nowMs += ms),
    random: () => 0,
    monotonicMs: () => nowMs,
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

async function put(key: ReportKey, lastSeen: string, more: object = {}): Promise<void> {
  const created = await store.create(key, {})
  const status = { lastSeen, watermark: { stream: 's1', sequence: 5 }, ...more }
  if (created.outcome === 'created') await store.writeStatus(key, status, created.report.resourceVersion)
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

  it("goes by the operator's clock: a node that is months behind has its reports for as long as others", async () => {
    const [told, longAgo] = ['2026-05-31T23:00:00.000Z', '2026-05-30T23:00:00.000Z']
    await put(keyOf('behind'), '1970-01-01T00:00:07.000Z', { lastKills: [{ seenAt: told }, { seenAt: longAgo }] })
    await put(keyOf('quiet'), '1970-01-01T00:00:07.000Z', { lastKills: [{ seenAt: longAgo }, 'edited'] })
    await retainOnce(ports)
    expect([...store.reports.keys()]).toEqual(['OOMReport/shop/behind'])
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

  it('tries a delete that fails again, and lists nothing anew for it', async () => {
    await put(keyOf('old'), '2026-05-01T00:00:00.000Z')
    const remove = store.remove.bind(store)
    let refusals = 3
    store.remove = (key, resourceVersion) => {
      if (refusals-- > 0) throw new ProgramError('not yet', { code: 'ApiserverRefused', retry: true })
      return remove(key, resourceVersion)
    }
    const list = store.list.bind(store)
    const lists: string[] = []
    store.list = (kind) => {
      lists.push(kind)
      return list(kind)
    }
    await retainOnce(ports)
    expect(deleted).toEqual(['OOMReport age'])
    expect(lists).toEqual(['OOMReport', 'NodeOOMReport'])
    expect(troubles).toEqual(['apiserver', 'apiserver', 'apiserver'])
  })

  it('leaves one that a failing webhook keeps to the next look, and deletes the others', async () => {
    await put(keyOf('kept'), '2026-05-01T00:00:00.000Z')
    await put(keyOf('old'), '2026-05-02T00:00:00.000Z')
    const remove = store.remove.bind(store)
    store.remove = async (key, resourceVersion) => {
      if (key.name === 'kept') throw new ProgramError('nobody listens', { code: 'WebhookFailed', retry: true })
      return remove(key, resourceVersion)
    }
    await retainOnce(ports)
    expect([...store.reports.keys()]).toEqual(['OOMReport/shop/kept'])
    expect(deleted).toEqual(['OOMReport age'])
  })

  it('says that the checkpoint is missing, where it is that which cannot be read', async () => {
    await put(keyOf('old'), '2026-05-01T00:00:00.000Z')
    let isAway = true
    ports.loadCheckpoint = async () => {
      if (isAway) {
        isAway = false
        throw new ProgramError('away', { code: 'NatsUnavailable', retry: true })
      }
      return { stream: 's1', sequence: 9 }
    }
    await retainOnce(ports)
    expect(deleted).toEqual(['OOMReport age'])
    expect(troubles).toEqual(['checkpoint'])
  })
})
