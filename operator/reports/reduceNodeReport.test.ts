import { describe, expect, it } from '@jest/globals'
import { nodeOomReportStatus } from '../api/nodeOomReport.ts'
import { nodeKillOf } from '../testing/killRecords.ts'
import { refreshNodeStatus } from './refresh.ts'
import { reduceNodeReport } from './reduceNodeReport.ts'

const context = { now: new Date('2026-03-01T10:00:02.000Z'), stream: 's1', generation: 1 }

describe('reduceNodeReport', () => {
  it('counts kills by reason, and invocations that took nobody apart', () => {
    const { victimPid: _pid, victimCommand: _command, ...nobody } = nodeKillOf(3, { reason: 'Panic' }).record
    const kills = [
      nodeKillOf(1, { reason: 'OutsidePod' }),
      nodeKillOf(2, { reason: 'PodUnknown' }),
      { streamSequence: 3, record: nobody },
    ]
    expect(reduceNodeReport(undefined, kills, context)).toMatchObject({
      kills: 2,
      withoutVictim: 1,
      byReason: { OutsidePod: 1, PodUnknown: 1, Panic: 1 },
      last: { victim: '(nobody)', reason: 'Panic' },
      byCommand: { eater: 2 },
      killsLastDay: 2,
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Active', status: 'True' },
        { type: 'Recurring', status: 'False' },
      ],
    })
  })

  it('leaves conditions alone that others set', () => {
    const once = reduceNodeReport(undefined, [nodeKillOf(1, { reason: 'OutsidePod' })], context)
    const [ready] = once.conditions
    const theirs = { ...ready!, type: 'EventsRejected', status: 'True' as const }
    const both = { ...once, conditions: [theirs, ...once.conditions] }
    const next = reduceNodeReport(both, [nodeKillOf(2, { reason: 'OutsidePod' })], context)
    expect(next.conditions).toHaveLength(4)
    expect(next.conditions).toContainEqual(theirs)
  })

  it('says for a day that events are set aside, and counts them apart from kills', () => {
    const reject = (at: number, detail: string) => nodeKillOf(at, { reason: 'EventRejected', detail })
    const first = reduceNodeReport(undefined, [reject(1, 'expected JSON')], context)
    expect(first).toMatchObject({
      kills: 0,
      withoutVictim: 0,
      byScope: {},
      byReason: { EventRejected: 1 },
      killsLastDay: 0,
    })
    expect(first.conditions.map(({ type }) => type)).toEqual(['Ready', 'EventsRejected'])
    const kills = [nodeKillOf(2, { reason: 'OutsidePod' }), reject(3, 'version: expected 1')]
    const status = reduceNodeReport(first, kills, context)
    expect(status).toMatchObject({ kills: 1, byReason: { OutsidePod: 1, EventRejected: 2 }, byCommand: { eater: 1 } })
    const message =
      '2 kill events of this node set aside in OOM_REJECTS, the last at 2026-03-01T10:00:01.000Z: version: expected 1'
    expect(status.conditions.at(-1)).toMatchObject({
      type: 'EventsRejected',
      status: 'True',
      reason: 'SetAside',
      message,
    })
    const tomorrow = refreshNodeStatus(status, new Date('2026-03-02T11:00:00.000Z'))
    expect(tomorrow.conditions.at(-1)).toMatchObject({ status: 'False', reason: 'NoneLately' })
  })

  it('keeps the newest rejected events in a list of their own, and lets none of them push a kill out', () => {
    const kill = reduceNodeReport(undefined, [nodeKillOf(1, { reason: 'OutsidePod' })], context)
    const flood = Array.from({ length: 400 }, (_, at) =>
      nodeKillOf(at + 2, { reason: 'EventRejected', detail: `${at}` }),
    )
    const status = reduceNodeReport(kill, flood, context)
    expect(status).toMatchObject({ kills: 1, byReason: { OutsidePod: 1, EventRejected: 400 }, last: kill.last })
    expect(status.lastKills).toEqual(kill.lastKills)
    expect(status.lastRejects?.map(({ detail }) => detail)).toEqual(['399', '398', '397', '396', '395'])
    expect(nodeOomReportStatus.safeParse(status).error).toBeUndefined()
    expect(
      reduceNodeReport(status, [nodeKillOf(900, { ...flood.at(-1)?.record, reason: 'EventRejected' })], context),
    ).toMatchObject({ byReason: { EventRejected: 400 } })
  })

  it('is not kept active by what is rejected', () => {
    const kill = reduceNodeReport(undefined, [nodeKillOf(1, { reason: 'OutsidePod' })], context)
    const late = nodeKillOf(2, { reason: 'EventRejected', seenAt: '2026-03-01T12:00:00.000Z' })
    const { conditions } = reduceNodeReport(kill, [late], { ...context, now: new Date('2026-03-01T12:00:00.000Z') })
    expect(conditions).toContainEqual(expect.objectContaining({ type: 'Active', status: 'False' }))
  })

  it('changes nothing when the same kills come again', () => {
    const once = reduceNodeReport(undefined, [nodeKillOf(1, { reason: 'OutsidePod' })], context)
    expect(reduceNodeReport(once, [nodeKillOf(1, { reason: 'OutsidePod' })], context)).toEqual(once)
  })
})
