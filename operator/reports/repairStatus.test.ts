import { describe, expect, it } from '@jest/globals'
import { nodeOomReportStatus } from '../api/nodeOomReport.ts'
import { oomReportStatus, type OomReportStatus } from '../api/oomReport.ts'
import { killsOf, nodeKillOf } from '../testing/killRecords.ts'
import { reduceNodeReport } from './reduceNodeReport.ts'
import { reduceReport } from './reduceReport.ts'
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
    expect(read?.status).toMatchObject({ kills: 3, byCommand: {}, watermark: stored().watermark })
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
    ['more hidden kills than kills', { hiddenKills: 9 }, ['hiddenKills', 'reportedKills']],
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

  it('counts nothing again that stands in the last kills, whatever became of the watermark', () => {
    const read = parseReportStatus({ ...stored(), watermark: null }, at)
    expect(reduceReport(read?.status, killsOf(1, 4), context)).toMatchObject({ kills: 4 })
  })

  it.each([
    ['no count', without('kills')],
    ['a count of none', { ...stored(), kills: -1 }],
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
    expect(nodeOomReportStatus.safeParse(read?.status).error).toBeUndefined()
    expect(parseNodeStatus({ kills: 1 }, at)).toBeUndefined()
  })
})
