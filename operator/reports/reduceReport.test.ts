import { describe, expect, it } from '@jest/globals'
import { MAX_LAST_KILLS, MAX_NAMED_NODES, OTHER_NODES } from '../api/killRecord.ts'
import { MAX_UNDECIDED, oomReportStatus, type OomReportStatus } from '../api/oomReport.ts'
import { SEEN_AT, killOf, killsOf } from '../testing/killRecords.ts'
import type { ContainerFacts } from './decideHidden.ts'
import { jsonBytes } from './fitStatus.ts'
import { judgeHidden, reduceReport } from './reduceReport.ts'
import { undecidedKills } from './undecidedKills.ts'

const now = new Date('2026-03-01T10:00:02.000Z')
const context = { now, stream: 's1', generation: 1, workload: 'Deployment/eater' }
const DUE = new Date('2026-03-01T10:01:00.000Z')
const runsOn: ContainerFacts = { kind: 'known', terminations: [] }
const wasReported: ContainerFacts = {
  kind: 'known',
  terminations: [{ reason: 'OOMKilled', finishedAt: '2026-03-01T10:00:00Z' }],
}

/** As the apiserver gives it back. */
const stored = (status: OomReportStatus): OomReportStatus => oomReportStatus.parse(JSON.parse(JSON.stringify(status)))

describe('reduceReport', () => {
  it('counts the first kill and says who died', () => {
    expect(reduceReport(undefined, [killOf(7)], context)).toMatchObject({
      kills: 1,
      hiddenKills: 0,
      firstSeen: '2026-03-01T10:00:00.000Z',
      byScope: { ContainerLimit: 1 },
      byNode: { 'node-a': 1 },
      limitKib: 65_536,
      peakRssKib: 65_012,
      last: { victim: 'eater', pid: 8123, limit: '64Mi', rss: '63.5Mi', hidden: 'Unknown' },
      watermark: { stream: 's1', sequence: 7 },
      byCommand: { eater: 1 },
      killsLastDay: 1,
      trend: { hour: '2026-03-01T10:00:00.000Z' },
      conditions: [
        { type: 'Ready', status: 'False', reason: 'HiddenUndecided' },
        { type: 'Active', status: 'True' },
        { type: 'Recurring', status: 'False' },
        { type: 'LimitTooLow', status: 'Unknown' },
      ],
    })
  })

  it('changes nothing when the same kills come again', () => {
    const once = stored(reduceReport(undefined, killsOf(1, 3), context))
    expect(reduceReport(once, killsOf(1, 3), { ...context, now: DUE })).toEqual(once)
  })

  it('counts only what is past its own watermark', () => {
    const once = reduceReport(undefined, killsOf(1, 3), context)
    expect(reduceReport(once, killsOf(2, 5), context).kills).toBe(5)
  })

  it('counts a kill once that stands in the stream twice', () => {
    const once = reduceReport(undefined, [killOf(1)], context)
    const again = reduceReport(once, [killOf(2, { sequence: 1 }), killOf(3)], context)
    expect(again).toMatchObject({ kills: 2, watermark: { sequence: 3 } })
  })

  it('starts the watermark anew with another stream, and knows the last kills again', () => {
    const before = reduceReport(undefined, killsOf(1, 3), context)
    const after = reduceReport(before, [killOf(1, { sequence: 3 }), killOf(2, { sequence: 4 })], {
      ...context,
      stream: 's2',
    })
    expect(after).toMatchObject({ kills: 4, watermark: { stream: 's2', sequence: 2 } })
  })

  it('keeps the last kills newest first, and first and last seen by the clocks of the nodes', () => {
    const early = killOf(9, { time: '2026-03-01T09:00:00.000Z' })
    const status = reduceReport(reduceReport(undefined, killsOf(1, 8), context), [early], context)
    expect(status.lastKills.map(({ sequence }) => sequence).slice(0, 2)).toEqual([9, 8])
    expect(status).toMatchObject({ firstSeen: '2026-03-01T09:00:00.000Z', lastSeen: '2026-03-01T10:00:00.000Z' })
  })

  it('takes a kill for no later than it was seen, when its node has a clock that is ahead', () => {
    const status = reduceReport(undefined, [killOf(1, { time: '2027-01-01T00:00:00.000Z' })], context)
    expect(status).toMatchObject({ lastSeen: SEEN_AT, killsLastDay: 1, last: { time: '2027-01-01T00:00:00.000Z' } })
  })

  it('says so when kills recur at the limit', () => {
    const before = reduceReport(undefined, [killOf(1, { time: '2026-03-01T08:00:00.000Z' })], context)
    const { conditions } = reduceReport(before, killsOf(2, 3), context)
    expect(conditions.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'Ready=False',
      'Active=True',
      'Recurring=True',
      'LimitTooLow=True',
    ])
  })

  it('keeps totals exact over many nodes', () => {
    let status: OomReportStatus | undefined
    for (let kill = 1; kill <= 200; kill++)
      status = reduceReport(status, [killOf(kill, { node: `n${kill % 90}` })], context)
    const counts = Object.values(status?.byNode ?? {})
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200)
    expect(Object.keys(status?.byNode ?? {})).toHaveLength(MAX_NAMED_NODES + 1)
    expect(status?.byNode[OTHER_NODES]).toBeGreaterThan(0)
  })

  it('stays within 64 KiB and its own schema with the largest, most hostile input', () => {
    const text = (chars: number) => '\u{10ffff}'.repeat(chars / 2)
    let status: OomReportStatus | undefined
    for (let round = 0; round < 6; round++) {
      const kills = Array.from({ length: MAX_LAST_KILLS }, (_, at) => {
        const sequence = round * MAX_LAST_KILLS + at + 1
        return killOf(sequence, {
          node: `${sequence}${'n'.repeat(240)}`,
          podName: 'p'.repeat(253),
          victimCommand: text(64),
          trigger: text(120),
          candidates: text(3_072),
          victimRssKib: Number.MAX_SAFE_INTEGER,
        })
      })
      status = stored(reduceReport(status, kills, { ...context, workload: 'k'.repeat(320) }))
    }
    expect(status?.kills).toBe(120)
    expect(status?.lastKills).toHaveLength(MAX_LAST_KILLS)
    expect(jsonBytes(status)).toBeLessThanOrEqual(58 * 1024)
    expect(status?.undecided?.length).toBeLessThanOrEqual(MAX_UNDECIDED)
  })
})

describe('a report that is short of space', () => {
  it('drops the candidates of its oldest kills first', () => {
    const kills = killsOf(1, MAX_LAST_KILLS, { candidates: 'x'.repeat(3_072) })
    const { lastKills } = reduceReport(undefined, kills, context)
    const kept = lastKills.filter(({ candidates }) => candidates !== undefined).length
    expect(kept).toBeGreaterThan(12)
    expect(lastKills.slice(0, kept).every(({ candidates }) => candidates !== undefined)).toBe(true)
    expect(lastKills).toHaveLength(MAX_LAST_KILLS)
  })
})

describe('judgeHidden', () => {
  it('waits until a kill is due', () => {
    const status = reduceReport(undefined, [killOf(1)], context)
    expect(judgeHidden(status, () => runsOn, now)).toBe(status)
  })

  it('counts a hidden kill once, however often it runs', () => {
    const judged = judgeHidden(reduceReport(undefined, killsOf(1, 2), context), () => runsOn, DUE)
    expect(judged).toMatchObject({ hiddenKills: 2, reportedKills: 0, last: { hidden: 'Yes' } })
    expect(judged.conditions[0]).toMatchObject({ type: 'Ready', status: 'True', reason: 'Settled' })
    expect(judgeHidden(judged, () => runsOn, DUE)).toBe(judged)
  })

  it('counts what Kubernetes reported apart', () => {
    const judged = judgeHidden(reduceReport(undefined, [killOf(1)], context), () => wasReported, DUE)
    expect(judged).toMatchObject({ hiddenKills: 0, reportedKills: 1, last: { hidden: 'No' } })
  })

  it('leaves a kill unknown for good when nobody can know', () => {
    const judged = judgeHidden(reduceReport(undefined, [killOf(1)], context), () => ({ kind: 'podForgotten' }), DUE)
    expect(judged).toMatchObject({ hiddenKills: 0, reportedKills: 0, last: { hidden: 'Unknown' } })
    expect(judged.lastKills[0]).toMatchObject({ hiddenReason: 'PodForgotten', decidedAt: DUE.toISOString() })
    expect(undecidedKills(judged)).toEqual([])
  })

  it('leaves a kill alone whose facts are not at hand', () => {
    const status = reduceReport(undefined, [killOf(1)], context)
    expect(judgeHidden(status, () => undefined, DUE)).toBe(status)
  })

  it('judges kills that are no longer among the last ones', () => {
    let status = reduceReport(undefined, killsOf(1, 20), context)
    status = stored(reduceReport(status, killsOf(21, 40), context))
    expect(status.undecided).toHaveLength(20)
    const judged = judgeHidden(status, () => runsOn, DUE)
    expect(judged).toMatchObject({ kills: 40, hiddenKills: 40 })
    expect(judged).not.toHaveProperty('undecided')
  })

  it('gives up on the oldest of a storm: they stay unknown, never guessed', () => {
    let status = reduceReport(undefined, killsOf(1, 20), context)
    for (let from = 21; from <= 81; from += 20) status = reduceReport(status, killsOf(from, from + 19), context)
    expect(judgeHidden(status, () => runsOn, DUE)).toMatchObject({
      kills: 100,
      hiddenKills: MAX_LAST_KILLS + MAX_UNDECIDED,
    })
  })
})
