import { describe, expect, it } from '@jest/globals'
import { parseReport } from './report.ts'
import { WorkloadTally, type WindowName } from './workloadTally.ts'

const NOW = Date.parse('2026-03-10T12:30:00Z')
const hoursAgo = (hours: number) => new Date(NOW - hours * 3_600_000).toISOString()

interface Told {
  name?: string
  container?: string
  kills: number
  firstHours: number
  lastHours: readonly number[]
  trend?: { hour: string; kills: number[] | string; perDay?: string }
}

function reportOf({ name = 'web', container = 'app', kills, firstHours, lastHours, trend }: Told) {
  const report = parseReport({
    kind: 'OOMReport',
    metadata: { name: `${name}-${container}`, namespace: 'shop' },
    spec: { workload: { kind: 'Deployment', name }, container },
    status: {
      kills,
      hiddenKills: 1,
      firstSeen: hoursAgo(firstHours),
      lastSeen: hoursAgo(lastHours[0] ?? 0),
      last: { victim: `${container}(1)` },
      lastKills: lastHours.map((hours) => ({ time: hoursAgo(hours) })),
      trend,
    },
  })
  if (report === undefined) throw new Error('expected a report')
  return report
}

function tallyOf(window: WindowName, ...told: readonly Told[]) {
  const tally = new WorkloadTally(window, NOW)
  for (const one of told) tally.add(reportOf(one))
  return tally.worst(10)
}

const hours = (...newest: number[]) => [...Array.from({ length: 24 - newest.length }, () => 0), ...newest]

describe('WorkloadTally', () => {
  it('counts all kills where the first was in the window, also beyond those that are listed', () => {
    expect(tallyOf('24h', { kills: 500, firstHours: 3, lastHours: [0, 1] })).toMatchObject([
      { windowKills: 500, isLeast: false },
    ])
  })

  it('counts those listed where one of them was before the window', () => {
    expect(tallyOf('24h', { kills: 500, firstHours: 900, lastHours: [1, 2, 30] })).toMatchObject([
      { windowKills: 2, isLeast: false },
    ])
  })

  it('says so where there may have been more', () => {
    const many = { kills: 500, firstHours: 900, lastHours: [1, 2, 3] }
    expect(tallyOf('24h', many)).toMatchObject([{ windowKills: 3, isLeast: true }])
    const trend = { hour: '2026-03-10T12:00:00Z', kills: hours(40, 0, 2) }
    expect(tallyOf('24h', { ...many, trend })).toMatchObject([{ windowKills: 42, isLeast: false }])
    expect(tallyOf('7d', { ...many, trend })).toMatchObject([{ windowKills: 42, isLeast: true }])
  })

  it('counts a week by the days of the trend', () => {
    const many = { kills: 500, firstHours: 900, lastHours: [1, 2, 3] }
    const trend = { hour: '2026-03-09T23:00:00Z', kills: hours(40, 0, 2).join(' '), perDay: '9 0 0 100 0 3 42' }
    expect(tallyOf('7d', { ...many, trend })).toMatchObject([
      { windowKills: 145, isLeast: false, perDay: [0, 0, 100, 0, 3, 42, 0] },
    ])
    expect(tallyOf('24h', { ...many, trend })).toMatchObject([{ windowKills: 42, isLeast: false }])
  })

  it('lets hours that have passed since leave the trend', () => {
    const trend = { hour: '2026-03-10T10:00:00Z', kills: Array.from({ length: 24 }, (_, at) => at) }
    const [worst] = tallyOf('24h', { kills: 500, firstHours: 900, lastHours: [3, 4], trend })
    expect(worst?.perHour).toEqual([...Array.from({ length: 22 }, (_, at) => at + 2), 0, 0])
    const long = { hour: '2025-01-01T00:00:00Z', kills: hours(9) }
    expect(tallyOf('24h', { kills: 2, firstHours: 900, lastHours: [3], trend: long })[0]?.perHour).toEqual(hours())
  })

  it('puts the containers of a workload together, and ranks the worst first', () => {
    const worst = tallyOf(
      '24h',
      { kills: 2, firstHours: 3, lastHours: [2] },
      { name: 'db', kills: 4, firstHours: 3, lastHours: [1] },
      { container: 'proxy', kills: 3, firstHours: 5, lastHours: [1] },
      { name: 'quiet', kills: 9, firstHours: 90, lastHours: [80] },
    )
    expect(worst).toMatchObject([
      {
        workload: 'Deployment/web',
        windowKills: 5,
        kills: 5,
        hiddenKills: 2,
        containers: ['app', 'proxy'],
        lastVictim: 'proxy(1)',
        firstSeen: hoursAgo(5),
      },
      { workload: 'Deployment/db', windowKills: 4 },
    ])
  })
})
