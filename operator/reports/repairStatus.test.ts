import { describe, expect, it } from '@jest/globals'
import { nodeOomReportStatus } from '../api/nodeOomReport.ts'
import { oomReportStatus, type OomReportStatus } from '../api/oomReport.ts'
import { killsOf, nodeKillOf } from '../testing/killRecords.ts'
import { reduceNodeReport } from './reduceNodeReport.ts'
import { reduceReport } from './reduceReport.ts'
import { refreshStatus } from './refresh.ts'
import { parseNodeStatus, parseReportStatus } from './repairStatus.ts'

const now = new Date('2026-03-01T10:00:02.000Z')
const at = { now, stream: 's1', streamEnd: 100 }
const context = { now, stream: 's1', generation: 1, workload: 'Deployment/eater' }
const stored = (): OomReportStatus => reduceReport(undefined, killsOf(1, 3), context)
const without = (...names: (keyof OomReportStatus)[]): object =>
  Object.fromEntries(Object.entries(stored()).filter(([name]) => !names.includes(name as keyof OomReportStatus)))

describe('parseReportStatus', () => {
  it('reads what this version wrote as it is', () => {
    expect(parseReportStatus(stored(), at)).toEqual({ status: stored(), repaired: [] })
  })

  it('makes anew what an older version did not write', () => {
    const read = parseReportStatus(without('byCommand', 'trend', 'killsLastDay'), at)
    expect(read?.repaired).toEqual(['byCommand', 'killsLastDay', 'trend'])
    expect(read?.status).toMatchObject({ kills: 3, byCommand: { '(other)': 3 }, watermark: stored().watermark })
    expect(read?.status.trend).toMatchObject({ kills: `${'0 '.repeat(23)}3`, perDay: '0 0 0 0 0 0 3' })
  })

  it('reads the list of hours that an older version wrote', () => {
    const { perDay: _perDay, ...trend } = stored().trend
    const list = { ...trend, kills: trend.kills.split(' ').map(Number) }
    expect(parseReportStatus({ ...stored(), trend: list }, at)).toEqual({ status: stored(), repaired: [] })
  })

  it.each([
    ['a trend of words', { trend: { ...stored().trend, kills: 'a few' } }, ['trend']],
    ['a count below zero', { hiddenKills: -4 }, ['hiddenKills']],
    ['more hidden kills than kills', { hiddenKills: 9 }, ['hiddenKills']],
    ['a watermark of words', { watermark: 'all of them' }, ['watermark']],
    ['a watermark below zero', { watermark: { stream: 's1', sequence: -1 } }, ['watermark']],
    ['a watermark beyond the end of the stream', { watermark: { stream: 's1', sequence: 101 } }, ['watermark']],
    [
      'a checkpoint beyond the end of the stream',
      { watermark: { stream: 's1', sequence: 3, settled: 9e15, unsettled: '' } },
      ['watermark'],
    ],
    ['a time that is none', { firstSeen: 'long ago' }, ['firstSeen']],
    ['counts by words', { byNode: { 'node-a': 'many' }, byScope: [] }, ['byScope', 'byNode']],
    ['conditions of another form', { conditions: [{ type: 'Mine' }] }, ['conditions']],
    ['a last kill of another form', { last: { when: 'now' } }, ['last']],
    ['one kill of another form', { lastKills: [{ time: 'now' }, ...stored().lastKills] }, ['lastKills']],
  ])('goes on with the rest where it finds %s, and says what it left', (_what, edit, repaired) => {
    const read = parseReportStatus({ ...stored(), ...edit }, at)
    expect(read?.repaired).toEqual(repaired)
    expect(read?.status.lastKills).toEqual(stored().lastKills)
    expect(oomReportStatus.safeParse(read?.status).error).toBeUndefined()
    expect(reduceReport(read?.status, killsOf(4, 4), context)).toMatchObject({ kills: 4, hiddenKills: 0 })
  })

  const ahead = '2026-03-03T00:00:00.000Z'
  const trend = { ...stored().trend, kills: stored().trend.kills.replaceAll(/\d+/g, '9'.repeat(12)) }
  const week = { ...stored().trend, perDay: '0 0 0 0 0 1 3' }
  const names = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, 1]))
  it.each([
    ['counts by node that are more than all', { byNode: { 'node-a': 9 } }, { byNode: { '(other)': 3 } }],
    ['fewer than all', { byNode: { 'node-a': 2 } }, { byNode: { 'node-a': 2, '(other)': 1 } }],
    ['more nodes than there is room for', { byNode: names(52) }, { byNode: { '(other)': 3 } }],
    ['a name without end', { byCommand: { ['x'.repeat(1e6)]: 3 } }, { byCommand: { '(other)': 3 } }],
    ['counts by scopes that are none', { byScope: { Galaxy: 3 } }, { byScope: { Unknown: 3 } }],
    ['fewer kills than it lists', { kills: 1 }, { kills: 3, byNode: { 'node-a': 3 } }],
    ['hidden kills beside those not judged yet', { hiddenKills: 1 }, { hiddenKills: 0, reportedKills: 0 }],
    ['a trend that no day has', { trend }, { killsLastDay: 3 }],
    ['a week of more kills than there were', { trend: week }, { trend: stored().trend }],
    ['a last kill that is still to come', { lastSeen: ahead }, { lastSeen: '2026-03-01T10:00:00.000Z' }],
    [
      'kills seen in time to come',
      { lastKills: stored().lastKills.map((kill) => ({ ...kill, seenAt: ahead })) },
      {
        lastSeen: '2026-03-01T10:00:00.000Z',
        lastKills: expect.arrayContaining([expect.objectContaining({ sequence: 1, seenAt: now.toISOString() })]),
      },
    ],
    [
      'more of the last kills than it keeps',
      { lastKills: [...killsOf(10, 40).map(({ record }) => record), ...stored().lastKills], kills: 50 },
      { kills: 50, lastKills: killsOf(10, 29).map(({ record }) => record) },
    ],
  ])('does not believe what cannot be true: %s', (_what, edit, expected) => {
    const read = parseReportStatus({ ...stored(), ...edit }, at)
    const status = read && refreshStatus(read.status, now)
    expect(status).toMatchObject(expected)
    expect(oomReportStatus.safeParse(status).error).toBeUndefined()
    expect(read?.repaired.length).toBeGreaterThan(0)
    for (const counts of [status?.byScope, status?.byNode, status?.byCommand])
      expect(Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0)).toBe(status?.kills)
    expect(parseReportStatus(status, at)?.repaired).toEqual([])
  })

  it('has room for its own conditions whatever others have put beside them', () => {
    const others = Array.from({ length: 8 }, (_, at) => ({ ...stored().conditions[0], type: `Other${at}` }))
    const read = parseReportStatus({ ...stored(), conditions: others }, at)
    const status = read && refreshStatus(read.status, now)
    const types = ['Ready', 'Active', 'Recurring', 'LimitTooLow', 'Other0', 'Other1', 'Other2', 'Other3']
    expect(status?.conditions.map(({ type }) => type)).toEqual(types)
  })

  it('counts nothing again that stands in the last kills, whatever became of the watermark', () => {
    const read = parseReportStatus({ ...stored(), watermark: null }, at)
    expect(reduceReport(read?.status, killsOf(1, 4), context)).toMatchObject({ kills: 4 })
  })

  it.each([
    ['no count', without('kills')],
    ['a count of none', { ...stored(), kills: -1 }],
    ['a count beyond all bounds', { ...stored(), kills: Number.MAX_SAFE_INTEGER }],
    ['none of the last kills', { ...without('last'), lastKills: [{}] }],
    ['nothing', {}],
    ['a list', []],
    ['a word', 'status'],
    ['null', null],
  ])('gives up where there is %s', (_what, status) => {
    expect(parseReportStatus(status, at)).toBeUndefined()
  })
})

describe('parseNodeStatus', () => {
  it('reads the rejected events that an older version kept among the kills', () => {
    const context = { now, stream: 's1', generation: 1 }
    const kills = [
      nodeKillOf(1, { reason: 'OutsidePod' }),
      nodeKillOf(2, { reason: 'EventRejected', detail: 'no JSON' }),
    ]
    const status = reduceNodeReport(undefined, kills, context)
    const { lastRejects: _rejects, ...rest } = status
    const older = { ...rest, lastKills: kills.toReversed().map(({ record }) => record) }
    expect(parseNodeStatus(older, at)).toEqual({ status, repaired: [] })
  })

  it('repairs what a node keeps the same way', () => {
    const kills = killsOf(1, 2).map(({ streamSequence, record }) => {
      const { hidden: _hidden, hiddenReason: _reason, ...rest } = record
      return { streamSequence, record: { ...rest, reason: 'PodUnknown' as const } }
    })
    const status = reduceNodeReport(undefined, kills, context)
    const read = parseNodeStatus({ ...status, byReason: 7, withoutVictim: undefined }, at)
    expect(read?.repaired).toEqual(['withoutVictim', 'byReason'])
    expect(read?.status.byReason).toEqual({ CgroupUnknown: 2 })
    expect(nodeOomReportStatus.safeParse(read?.status).error).toBeUndefined()
    expect(parseNodeStatus({ kills: 1 }, at)).toBeUndefined()
  })

  it('holds its counts against each other, with what was no kill', () => {
    const kills = (['PodUnknown', 'NoKillable', 'EventRejected'] as const).map((reason, at) =>
      nodeKillOf(at + 1, { reason }),
    )
    const status = reduceNodeReport(undefined, kills, context)
    expect(parseNodeStatus(status, at)).toEqual({ status, repaired: [] })
    const { trend: _trend, ...older } = status
    const edited = { ...older, byScope: { ContainerLimit: 9 }, byReason: { PodUnknown: 1, EventRejected: 1, Mine: 1 } }
    const read = parseNodeStatus(edited, at)
    expect(read?.repaired).toEqual(['trend', 'byScope', 'byReason'])
    expect(read?.status).toMatchObject({
      byScope: { Unknown: 2 },
      byReason: { PodUnknown: 1, EventRejected: 1, CgroupUnknown: 1 },
    })
    expect(read?.status.trend.kills).toMatch(/ 1$/)
  })
})
