import { beforeEach, describe, expect, it } from '@jest/globals'
import { operatorError } from '../errors.ts'
import { oomReportStatus, type OomReportStatus } from '../api/oomReport.ts'
import type { ContainerFacts } from '../reports/decideHidden.ts'
import { reduceReport } from '../reports/reduceReport.ts'
import { FakeReportStore } from '../testing/fakeReportStore.ts'
import { killOf, killsOf } from '../testing/killRecords.ts'
import { HiddenJudge, type Judgement } from './hiddenJudge.ts'
import { WriteBudget } from './writeBudget.ts'

const KEY = { kind: 'OOMReport' as const, namespace: 'shop', name: 'deployment.eater.app' }
const context = { now: new Date(), stream: 's1', generation: 1, workload: 'Deployment/eater' }
const stop = new Error('stop')

let nowMs: number
let store: FakeReportStore
let facts: ContainerFacts
let known: ContainerFacts
let reads: number
let judge: HiddenJudge
let judged: Judgement[]
let repaired: (readonly string[])[]

beforeEach(async () => {
  nowMs = Date.parse('2026-03-01T10:00:02.000Z')
  store = new FakeReportStore()
  facts = { kind: 'known', terminations: [] }
  known = facts
  reads = 0
  judged = []
  repaired = []
  const waiting = {
    observer: { trouble: () => {}, fine: () => {} },
    sleep: async (ms: number) => {
      nowMs += ms
      if (nowMs > Date.parse('2026-03-01T10:01:00.000Z')) throw stop
    },
    random: () => 0,
    monotonicMs: () => nowMs,
    signal: new AbortController().signal,
  }
  judge = new HiddenJudge({
    store,
    readFacts: async () => {
      reads++
      return facts
    },
    knownFacts: () => known,
    now: () => new Date(nowMs),
    judged: (judgement) => void judged.push(judgement),
    repaired: (_key, fields) => void repaired.push(fields),
    budget: new WriteBudget({ perSecond: 100, maxInFlight: 4, reportEveryMs: 1_000 }, waiting),
    waiting,
  })
  await put(reduceReport(undefined, killsOf(1, 2), context))
})

async function put(status: OomReportStatus): Promise<void> {
  const created = await store.create(KEY, {})
  const report = created.outcome === 'created' ? created.report : await store.get(KEY)
  if (report !== undefined) await store.writeStatus(KEY, status, report.resourceVersion)
}

describe('HiddenJudge', () => {
  it('says of a kill that it is not hidden as soon as Kubernetes has reported it, without another look', async () => {
    known = { kind: 'known', terminations: [{ reason: 'OOMKilled', finishedAt: '2026-03-01T10:00:01Z' }] }
    judge.note(KEY, oomReportStatus.parse(store.statusOf(KEY.name)))
    let decidedMs = 0
    store.beforePatch = () => void (decidedMs ||= nowMs)
    await expect(judge.run()).rejects.toBe(stop)
    expect(store.statusOf(KEY.name)).toMatchObject({ reportedKills: 2, hiddenKills: 0, last: { hidden: 'No' } })
    expect(decidedMs - Date.parse('2026-03-01T10:00:02.000Z')).toBeLessThanOrEqual(1_000)
    expect(reads).toBe(0)
    expect(judged).toMatchObject([{ counts: { Yes: 0, No: 2, Unknown: 0 } }])
  })

  it('takes a container that ended for another reason for no report', async () => {
    known = { kind: 'known', terminations: [{ reason: 'Error', finishedAt: '2026-03-01T10:00:01Z' }] }
    judge.note(KEY, oomReportStatus.parse(store.statusOf(KEY.name)))
    await expect(judge.run()).rejects.toBe(stop)
    expect(store.statusOf(KEY.name)).toMatchObject({ reportedKills: 0, hiddenKills: 2 })
    expect(reads).toBe(1)
  })

  it('judges when the time has come, with one look at each container', async () => {
    judge.note(KEY, oomReportStatus.parse(store.statusOf(KEY.name)))
    await expect(judge.run()).rejects.toBe(stop)
    expect(store.statusOf(KEY.name)).toMatchObject({ hiddenKills: 2, last: { hidden: 'Yes' } })
    expect(reads).toBe(1)
  })

  it('tells what it decided, with the hidden kills in full', async () => {
    nowMs += 60_000
    await judge.judge(KEY)
    await judge.judge(KEY)
    expect(judged).toMatchObject([
      { key: KEY, counts: { Yes: 2, No: 0, Unknown: 0 }, hidden: [{ sequence: 2 }, { sequence: 1 }] },
    ])
    facts = { kind: 'known', terminations: [{ reason: 'OOMKilled', finishedAt: '2026-03-01T10:00:01Z' }] }
    await put(reduceReport(store.statusOf(KEY.name) as OomReportStatus, killsOf(3, 5), context))
    nowMs += 1_000
    await judge.judge(KEY)
    expect(judged[1]).toMatchObject({ counts: { Yes: 0, No: 3, Unknown: 0 }, hidden: [] })
  })

  it('writes nothing before that', async () => {
    await judge.judge(KEY)
    expect(store.patches).toBe(1)
  })

  it('judges by the status that another writer left, and only what it looked at', async () => {
    nowMs += 60_000
    const { status } = store.reports.values().next().value ?? {}
    let raced = false
    store.beforePatch = () => {
      if (raced) return
      raced = true
      const other = killOf(3, { containerId: 'b'.repeat(64) })
      const next = reduceReport(status as OomReportStatus, [other], context)
      const [key, report] = [...store.reports][0] ?? []
      if (key !== undefined && report !== undefined)
        store.reports.set(key, { ...report, status: next, resourceVersion: 'x' })
    }
    await judge.judge(KEY)
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 3, hiddenKills: 2, last: { hidden: 'Unknown' } })
  })

  it('judges by a status of another version, or an edited one, as it is counted on, and says what it left', async () => {
    const { byCommand: _byCommand, trend: _trend, ...older } = store.statusOf(KEY.name)
    const [entry] = [...store.reports]
    if (entry !== undefined) store.reports.set(entry[0], { ...entry[1], status: { ...older, hiddenKills: -3 } })
    nowMs += 60_000
    await judge.judge(KEY)
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 2, hiddenKills: 2, last: { hidden: 'Yes' } })
    expect(oomReportStatus.safeParse(store.statusOf(KEY.name)).error).toBeUndefined()
    expect(repaired).toEqual([['hiddenKills', 'byCommand', 'trend']])
    expect(judged).toMatchObject([{ counts: { Yes: 2, No: 0, Unknown: 0 } }])
  })

  it('is held up by no report that cannot be written', async () => {
    const other = { ...KEY, namespace: 'other', name: 'deployment.held.app' }
    const { status } = store.reports.values().next().value ?? {}
    const created = await store.create(other, {})
    if (created.outcome === 'created') await store.writeStatus(other, status as object, created.report.resourceVersion)
    judge.note(other, oomReportStatus.parse(status))
    judge.note(KEY, oomReportStatus.parse(status))
    store.beforePatch = ({ name }) => {
      if (name === other.name) throw operatorError('WebhookFailed', 'nobody listens')
    }
    await expect(judge.run()).rejects.toBe(stop)
    expect(store.statusOf(KEY.name)).toMatchObject({ hiddenKills: 2 })
    expect(store.statusOf(other.name)).toMatchObject({ hiddenKills: 0 })
  })

  it('forgets a report that was deleted', async () => {
    judge.note(KEY, oomReportStatus.parse(store.statusOf(KEY.name)))
    store.reports.clear()
    await expect(judge.run()).rejects.toBe(stop)
    expect(reads).toBe(0)
  })
})
