import { describe, expect, it } from '@jest/globals'
import type { OomReportStatus } from '../api/oomReport.ts'
import { draftEvents } from '../events/draftEvents.ts'
import { toldAt } from '../reports/checks.ts'
import { judgeHidden, reduceReport } from '../reports/reduceReport.ts'
import { refreshStatus } from '../reports/refresh.ts'
import { parseCounts } from '../reports/trend.ts'
import { cachedPodOf } from '../testing/cachedPods.ts'
import { killEventOf } from '../testing/killEvents.ts'
import { resolveTarget, type Target } from './resolveTarget.ts'

const HOUR_MS = 3_600_000
/** By the operator's clock. */
const NOW_MS = Date.parse('2026-03-01T10:20:00.000Z')
const now = new Date(NOW_MS)
const iso = (ms: number): string => new Date(ms).toISOString()

type PodTarget = Target & { kind: 'OOMReport' }

/** A kill of just now, on a node whose clock is apart from the operator's by so much. */
async function killOn(apartMs: number, sequence = 425): Promise<PodTarget> {
  const target = await resolveTarget(killEventOf({ sequence, killedAt: iso(NOW_MS - 200 + apartMs) }), {
    now,
    findPod: () => cachedPodOf(),
    namespaceOf: () => undefined,
    getOwner: async () => ({ kind: 'readable', controller: undefined }),
    explain: () => ({}),
  })
  if (target.kind !== 'OOMReport') throw new Error(`expected a kill of a pod, got ${target.kind}`)
  return target
}

const statusOf = (...targets: readonly PodTarget[]): OomReportStatus =>
  reduceReport(
    undefined,
    targets.map(({ record }, at) => ({ streamSequence: at + 1, record })),
    { now, stream: 's1', generation: 1, workload: 'w' },
  )

const conditionOf = (status: OomReportStatus, name: string) => status.conditions.find(({ type }) => type === name)

/** As the kubelet of the same node tells it, by the same clock. */
const endedOn = (apartMs: number) => () =>
  ({
    kind: 'known',
    terminations: [{ reason: 'OOMKilled', finishedAt: iso(NOW_MS + 1_000 + apartMs) }],
  }) as const

describe.each([
  ['an hour ahead', HOUR_MS, NOW_MS, '2026-03-01T10:00:00.000Z', 23],
  ['an hour behind', -HOUR_MS, NOW_MS - 200 - HOUR_MS, '2026-03-01T10:00:00.000Z', 22],
])('a kill on a node whose clock is %s', (_what, apartMs, seenMs, hour, at) => {
  it('is seen when it can have been, and stands in that hour of the trend', async () => {
    const status = statusOf(await killOn(apartMs))
    expect(status).toMatchObject({ kills: 1, firstSeen: iso(seenMs), lastSeen: iso(seenMs), killsLastDay: 1 })
    expect(status.trend.hour).toBe(hour)
    expect(parseCounts(status.trend.kills).indexOf(1)).toBe(at)
  })

  it("is active for an hour by the operator's clock", async () => {
    const status = statusOf(await killOn(apartMs))
    const activeAt = (ms: number) => conditionOf(refreshStatus(status, new Date(ms)), 'Active')?.status
    expect([activeAt(NOW_MS), activeAt(NOW_MS + HOUR_MS - 1), activeAt(NOW_MS + HOUR_MS)]).toEqual([
      'True',
      'True',
      'False',
    ])
  })

  it("is kept for as long as others: by the operator's clock", async () => {
    expect(toldAt(statusOf(await killOn(apartMs)))).toBe(now.toISOString())
  })

  it('is not hidden where the kubelet, by the same clock, has reported it', async () => {
    const status = statusOf(await killOn(apartMs))
    expect(judgeHidden(status, endedOn(apartMs), now)).toMatchObject({ reportedKills: 1, last: { hidden: 'No' } })
  })

  it('is hidden where another end of the container is reported, an hour from it', async () => {
    const status = statusOf(await killOn(apartMs))
    const later = new Date(NOW_MS + 32_000)
    expect(judgeHidden(status, endedOn(0), new Date(NOW_MS + 31_999))).toBe(status)
    expect(judgeHidden(status, endedOn(0), later)).toMatchObject({ hiddenKills: 1, last: { hidden: 'Yes' } })
  })
})

describe('Events about kills on nodes whose clocks are apart', () => {
  it('are told for one ahead, and not for one so far behind that its kills are old by its own words', async () => {
    const [ahead, behind] = [draftEvents(await killOn(HOUR_MS)), draftEvents(await killOn(-HOUR_MS))]
    expect(ahead.map(({ note }) => note)).not.toContainEqual(expect.stringContaining("by the node's clock"))
    expect(ahead.length).toBeGreaterThan(0)
    expect(behind).toEqual([])
    const bit = draftEvents(await killOn(-300_000))
    expect(bit[0]?.note).toMatch(/\(at 2026-03-01T10:14:59\.800Z by the node's clock\)$/)
  })
})

describe('a report of nodes whose clocks are apart', () => {
  it('spans all of their kills, and goes by none of their clocks for what is new', async () => {
    const status = statusOf(
      await killOn(HOUR_MS, 1),
      await killOn(-HOUR_MS, 2),
      await killOn(0, 3),
      await killOn(-HOUR_MS, 4),
    )
    expect(status).toMatchObject({
      kills: 4,
      firstSeen: iso(NOW_MS - 200 - HOUR_MS),
      lastSeen: iso(NOW_MS),
      killsLastDay: 4,
    })
    // In the order in which they came.
    expect(status.lastKills.map(({ sequence }) => sequence)).toEqual([4, 3, 2, 1])
    expect(conditionOf(status, 'Recurring')?.status).toBe('True')
  })

  it('counts one that comes again an hour or a day later no second time', async () => {
    const first = statusOf(await killOn(0))
    for (const laterMs of [HOUR_MS, 24 * HOUR_MS]) {
      const at = { now: new Date(NOW_MS + laterMs), stream: 's1', generation: 1, workload: 'w' }
      const { record } = await killOn(0)
      expect(
        reduceReport(first, [{ streamSequence: 9, record: { ...record, seenAt: at.now.toISOString() } }], at),
      ).toMatchObject({
        kills: 1,
        lastSeen: first.lastSeen,
        lastKills: first.lastKills,
      })
    }
  })
})
