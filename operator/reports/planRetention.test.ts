import { describe, expect, it } from '@jest/globals'
import { planRetention, type RetainedReport } from './planRetention.ts'

const DAY_MS = 86_400_000
const now = new Date('2026-06-01T00:00:00.000Z')
const limits = { maxAgeMs: 90 * DAY_MS, maxPerNamespace: 3, maxTotal: 5 }
const checkpoint = { stream: 's1', sequence: 100 }

function reportOf(name: string, daysAgo: number, changes: Partial<RetainedReport> = {}): RetainedReport {
  const lastTold = new Date(now.getTime() - daysAgo * DAY_MS).toISOString()
  const watermark = { stream: 's1', sequence: 50 }
  return { kind: 'OOMReport', namespace: 'shop', name, lastTold, watermark, ...changes }
}

const plan = (reports: readonly RetainedReport[], at: Partial<Parameters<typeof planRetention>[2]> = {}) =>
  planRetention(reports, limits, { now, checkpoint, ...at }).map(({ report, reason }) => `${report.name} ${reason}`)

describe('planRetention', () => {
  it('keeps what is young and few', () => {
    expect(plan([reportOf('a', 1), reportOf('b', 89), reportOf('c', 0)])).toEqual([])
  })

  it('gives up what is too old', () => {
    expect(plan([reportOf('a', 1), reportOf('b', 91)])).toEqual(['b age'])
  })

  it('gives up, of one namespace with too many, those with the oldest last kill', () => {
    const shop = [3, 9, 1, 7, 5].map((days) => reportOf(`shop${days}`, days))
    expect(plan([...shop, reportOf('quiet', 50, { namespace: 'other' })])).toEqual([
      'shop9 namespaceCount',
      'shop7 namespaceCount',
    ])
  })

  it('gives up the oldest of all where there are too many in all, for each kind by itself', () => {
    const spread = [1, 2, 3, 4, 5, 6, 7].map((days) => reportOf(`r${days}`, days, { namespace: `ns${days}` }))
    const nodes = [1, 2, 3, 4, 5, 6].map((days) => reportOf(`n${days}`, days, { kind: 'NodeOOMReport', namespace: '' }))
    expect(plan([...spread, ...nodes])).toEqual(['r7 totalCount', 'r6 totalCount', 'n6 totalCount'])
  })

  it.each([
    ['counts kills above the checkpoint', { watermark: { stream: 's1', sequence: 101 } }],
    ['has no status yet', { lastTold: undefined, watermark: undefined }],
  ])('keeps a report that %s', (_what, changes) => {
    const reports = [reportOf('old', 99, changes), ...[1, 2, 3].map((days) => reportOf(`r${days}`, days))]
    expect(plan(reports)).not.toContainEqual(expect.stringMatching(/^old/))
  })

  it('gives nothing up while it is not known what is counted', () => {
    expect(plan([reportOf('old', 99)], { checkpoint: undefined })).toEqual([])
  })

  it('gives up reports of a stream that is no more', () => {
    expect(plan([reportOf('old', 99, { watermark: { stream: 's0', sequence: 500 } })])).toEqual(['old age'])
  })
})
