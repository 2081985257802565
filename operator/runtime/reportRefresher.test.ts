import { beforeEach, describe, expect, it } from '@jest/globals'
import { operatorError } from '../errors.ts'
import { reduceNodeReport } from '../reports/reduceNodeReport.ts'
import { reduceReport } from '../reports/reduceReport.ts'
import { parseNodeStatus, parseReportStatus } from '../reports/repairStatus.ts'
import { FakeReportStore } from '../testing/fakeReportStore.ts'
import { killsOf, nodeKillOf } from '../testing/killRecords.ts'
import { ReportRefresher } from './reportRefresher.ts'
import type { ReportKey } from './reportStore.ts'
import { WriteBudget } from './writeBudget.ts'

const KEY: ReportKey = { kind: 'OOMReport', namespace: 'shop', name: 'deployment.eater.app' }
const NODE_KEY: ReportKey = { kind: 'NodeOOMReport', name: 'node-a' }
const FIRST = new Date('2026-03-01T10:00:02.000Z')
const HOUR_MS = 3_600_000
const stop = new Error('stop')

let nowMs: number
let untilMs: number
let store: FakeReportStore
let refresher: ReportRefresher
let recurring: number
let repaired: (readonly string[])[]

beforeEach(() => {
  nowMs = FIRST.getTime()
  store = new FakeReportStore()
  recurring = 0
  repaired = []
  const waiting = {
    observer: { trouble: () => {}, fine: () => {} },
    sleep: async (ms: number) => {
      nowMs += ms
      if (nowMs > untilMs) throw stop
    },
    random: () => 0,
    monotonicMs: () => nowMs,
    signal: new AbortController().signal,
  }
  const budget = new WriteBudget({ perSecond: 100, maxInFlight: 4, reportEveryMs: 1_000 }, waiting)
  refresher = new ReportRefresher({
    store,
    budget,
    now: () => new Date(nowMs),
    wrote: () => {},
    repaired: (_key, fields) => void repaired.push(fields),
    recurring: (reports) => void (recurring = reports),
    waiting,
  })
})

async function put(key: ReportKey, status: object): Promise<void> {
  const created = await store.create(key, {})
  if (created.outcome === 'created') await store.writeStatus(key, status, created.report.resourceVersion)
  const stored = store.statusOf(key.name)
  const read =
    key.kind === 'OOMReport' ? parseReportStatus(stored, { now: FIRST }) : parseNodeStatus(stored, { now: FIRST })
  if (read !== undefined) refresher.noteStored(key, stored, read)
  store.patches = 0
}

async function runFor(hours: number): Promise<void> {
  untilMs = FIRST.getTime() + hours * HOUR_MS
  await expect(refresher.run()).rejects.toBe(stop)
}

describe('ReportRefresher', () => {
  it('says that a report is no longer active, an hour after its last kill', async () => {
    await put(KEY, reduceReport(undefined, killsOf(1, 2), { now: FIRST, stream: 's', generation: 1, workload: 'w' }))
    await runFor(0.99)
    expect(store.patches).toBe(0)
    await runFor(1.1)
    const [, active] = store.statusOf(KEY.name)['conditions'] as object[]
    expect(active).toMatchObject({
      type: 'Active',
      status: 'False',
      reason: 'QuietForAnHour',
      lastTransitionTime: expect.stringMatching(/^2026-03-01T11:00:0/),
    })
  })

  it('writes once for each change in two days, and nothing when nothing changes', async () => {
    await put(KEY, reduceReport(undefined, killsOf(1, 2), { now: FIRST, stream: 's', generation: 1, workload: 'w' }))
    await runFor(48)
    // Active ends after an hour, the hour of the kills leaves the trend after a day.
    expect(store.patches).toBe(2)
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 2, killsLastDay: 0 })
  })

  it('refreshes what a node keeps, too', async () => {
    const kills = [nodeKillOf(1, { reason: 'OutsidePod' })]
    await put(NODE_KEY, reduceNodeReport(undefined, kills, { now: FIRST, stream: 's', generation: 1 }))
    await runFor(48)
    expect(store.statusOf('node-a')).toMatchObject({ kills: 1, killsLastDay: 0 })
    expect(store.patches).toBe(2)
  })

  it('says that no event was rejected lately, a day after the last one, though there is no kill', async () => {
    const rejects = [nodeKillOf(1, { reason: 'EventRejected' })]
    await put(NODE_KEY, reduceNodeReport(undefined, rejects, { now: FIRST, stream: 's', generation: 1 }))
    await runFor(23.9)
    expect(store.patches).toBe(0)
    await runFor(48)
    expect(store.patches).toBe(1)
    const [, rejected] = store.statusOf('node-a')['conditions'] as object[]
    expect(rejected).toMatchObject({ type: 'EventsRejected', status: 'False', reason: 'NoneLately' })
  })

  it('refreshes a report whose trend is the list of an earlier version, and writes it anew', async () => {
    const status = reduceReport(undefined, killsOf(1, 2), { now: FIRST, stream: 's', generation: 1, workload: 'w' })
    const { hour, kills } = status.trend
    await put(KEY, { ...status, trend: { hour, kills: kills.split(' ').map(Number) } })
    await runFor(1.1)
    expect(store.statusOf(KEY.name)).toMatchObject({
      trend: { kills: `${'0 '.repeat(22)}2 0`, perDay: '0 0 0 0 0 0 2' },
    })
  })

  it('counts the reports that recur, until they do not or are deleted', async () => {
    const status = reduceReport(undefined, killsOf(1, 2), { now: FIRST, stream: 's', generation: 1, workload: 'w' })
    const conditions = status.conditions.map((one) => (one.type === 'Recurring' ? { ...one, status: 'True' } : one))
    const other: ReportKey = { kind: 'OOMReport', namespace: 'shop', name: 'other' }
    await put(KEY, { ...status, conditions })
    await put(other, { ...status, conditions })
    expect(recurring).toBe(2)
    store.reports.delete('OOMReport/shop/other')
    await runFor(0.5)
    expect(recurring).toBe(2)
    await runFor(1.1)
    expect(recurring).toBe(0)
  })

  it('is held up by no report that cannot be written, and writes that one when it can be', async () => {
    const status = reduceReport(undefined, killsOf(1, 2), { now: FIRST, stream: 's', generation: 1, workload: 'w' })
    const other: ReportKey = { kind: 'OOMReport', namespace: 'other', name: 'later' }
    await put(KEY, status)
    await put(other, status)
    const activeOf = (name: string) => (store.statusOf(name)['conditions'] as object[])[1]
    let failures = 0
    store.beforePatch = ({ name }) => {
      if (name !== KEY.name || nowMs > FIRST.getTime() + 1.5 * HOUR_MS) return
      failures++
      throw operatorError('WebhookFailed', 'nobody listens')
    }
    await runFor(1.1)
    expect(activeOf(other.name)).toMatchObject({ type: 'Active', status: 'False' })
    expect(activeOf(KEY.name)).toMatchObject({ type: 'Active', status: 'True' })
    expect(failures).toBeGreaterThan(3)
    await runFor(1.6)
    expect(activeOf(KEY.name)).toMatchObject({ type: 'Active', status: 'False' })
  })

  it('lets go of a report that was deleted', async () => {
    await put(KEY, reduceReport(undefined, killsOf(1, 1), { now: FIRST, stream: 's', generation: 1, workload: 'w' }))
    store.reports.clear()
    await runFor(2)
    expect(store.patches).toBe(0)
  })

  it('brings a status of another version to this one, once, though no kill comes', async () => {
    const {
      byCommand: _byCommand,
      trend: _trend,
      killsLastDay: _day,
      conditions: _conditions,
      ...older
    } = {
      ...reduceReport(undefined, killsOf(1, 2), { now: FIRST, stream: 's', generation: 1, workload: 'w' }),
    }
    await put(KEY, older)
    await runFor(0.1)
    expect(repaired).toEqual([['byCommand', 'killsLastDay', 'trend', 'conditions']])
    expect(store.patches).toBe(1)
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 2, killsLastDay: 2 })
    const [, active] = store.statusOf(KEY.name)['conditions'] as object[]
    expect(active).toMatchObject({ type: 'Active', status: 'True' })
    await runFor(1.1)
    expect(store.patches).toBe(2)
  })

  it('leaves a status alone that it cannot read', async () => {
    await put(KEY, { kills: -1 })
    await runFor(48)
    expect(store.patches).toBe(0)
  })
})
