import { beforeEach, describe, expect, it } from '@jest/globals'
import type { OomReportStatus } from '../api/oomReport.ts'
import { FakeReportStore } from '../testing/fakeReportStore.ts'
import { killOf } from '../testing/killRecords.ts'
import { keyText } from './reportStore.ts'
import { ReportWriter } from './reportWriter.ts'

const spec = { workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'eater' }, container: 'app' }
const keyOf = (name: string) => ({ kind: 'OOMReport' as const, namespace: 'shop', name })
const KEY = keyOf('deployment.eater.app')

let store: FakeReportStore
let repaired: string[]
let writer: ReportWriter

beforeEach(async () => {
  store = new FakeReportStore()
  repaired = []
  const observer = {
    repaired: (key: Parameters<typeof keyText>[0], fields: readonly string[]) =>
      void repaired.push(`${keyText(key)}: ${fields.join(', ')}`),
    wrote: () => {},
    written: () => {},
    nodeWritten: () => {},
  }
  writer = new ReportWriter(store, observer, () => new Date('2026-03-01T10:00:02.000Z'))
  await count(1)
})

async function count(sequence: number, key = KEY): Promise<string> {
  const { streamSequence, record } = killOf(sequence)
  const target = { kind: 'OOMReport' as const, key, spec, workloadUid: undefined, record }
  const { outcome } = await writer.write({
    stream: 's1',
    settled: 0,
    streamEnd: 3,
    kills: [{ streamSequence, target }],
  })
  return outcome
}

/** By hand, with kubectl edit --subresource=status, past whatever a schema would refuse. */
function edit(change: (status: OomReportStatus) => object): void {
  const report = store.reports.get(keyText(KEY))
  if (report === undefined) throw new Error('expected a report')
  store.reports.set(keyText(KEY), { ...report, status: change(report.status as OomReportStatus) })
}

describe('a report whose status somebody edited, or another version wrote', () => {
  it('is repaired by the next kill, which says so', async () => {
    edit(({ trend: _trend, byCommand: _byCommand, ...rest }) => ({ ...rest, hiddenKills: -3, extra: 'x' }))
    expect(await count(2)).toBe('written')
    expect(repaired).toEqual(['OOMReport/shop/deployment.eater.app: hiddenKills, byCommand, trend'])
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 2, hiddenKills: 0, byCommand: { eater: 1 } })
    expect(store.statusOf(KEY.name)).not.toHaveProperty('extra')
    await count(3)
    expect(repaired).toHaveLength(1)
  })

  it('is refused where its count is gone, says what to do, and holds up no other', async () => {
    edit(() => ({ kills: -1 }))
    const { streamSequence, record } = killOf(2)
    const target = { kind: 'OOMReport' as const, key: KEY, spec, workloadUid: undefined, record }
    expect(await writer.write({ stream: 's1', settled: 0, kills: [{ streamSequence, target }] })).toMatchObject({
      outcome: 'refused',
      reason: 'WriteRefused',
      message: expect.stringMatching(
        /^OOMReport\/shop\/deployment\.eater\.app: expected .* delete the report to start anew$/,
      ),
    })
    expect(await count(3, keyOf('deployment.other.app'))).toBe('written')
  })

  it('is brought back to its size where it was made enormous', async () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`node-${at}`, 1]))
    const long = 'x'.repeat(10_000)
    edit(({ lastKills, conditions, ...status }) => ({
      ...status,
      byNode: many,
      byCommand: { [long]: 1 },
      lastKills: [...Array.from({ length: 300 }, () => ({ ...lastKills[0], verdict: long })), ...lastKills],
      conditions: conditions.map((condition) => ({ ...condition, message: long })),
      notes: long,
    }))
    expect(await count(2)).toBe('written')
    const status = store.statusOf(KEY.name)
    expect(status).toMatchObject({
      kills: 2,
      byNode: { '(other)': 1, 'node-a': 1 },
      byCommand: { '(other)': 1, eater: 1 },
    })
    expect(JSON.stringify(status).length).toBeLessThan(4_096)
  })

  it('takes nothing that is of another workload than its spec says, whatever its name is', async () => {
    const swapped = { workload: { ...spec.workload, name: 'other\u202e' }, container: 'app' }
    const report = store.reports.get(keyText(KEY))
    if (report !== undefined) store.reports.set(keyText(KEY), { ...report, spec: swapped })
    const before = store.statusOf(KEY.name)
    expect(await count(2)).toBe('refused')
    expect(store.statusOf(KEY.name)).toEqual(before)
    expect(await count(3, keyOf('deployment.other.app'))).toBe('written')
  })

  it('goes on from the stream when its watermark is of no stream', async () => {
    edit((status) => ({ ...status, watermark: { stream: 'mine', sequence: 9e15 } }))
    await count(1)
    expect(await count(2)).toBe('written')
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 2, watermark: { stream: 's1', sequence: 2 } })
  })

  it.each([
    ['its checkpoint', { settled: 9e15, sequence: 9e15, unsettled: '' }],
    ['what it has counted', { settled: 0, sequence: 4, unsettled: '4' }],
  ])('is not kept from counting by a watermark that says %s beyond the end of the stream', async (_what, watermark) => {
    edit((status) => ({ ...status, watermark: { ...status.watermark, ...watermark } }))
    await count(1)
    expect(await count(2)).toBe('written')
    expect(repaired).toContain('OOMReport/shop/deployment.eater.app: watermark')
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 2, watermark: { stream: 's1', sequence: 2 } })
  })
})
