import { describe, expect, it } from '@jest/globals'
import type { NodeReason } from '../api/nodeOomReport.ts'
import { killOf } from '../testing/killRecords.ts'
import { reduceNodeReport } from './reduceNodeReport.ts'

const context = { now: new Date('2026-03-01T10:00:02.000Z'), stream: 's1', generation: 1 }

function nodeKill(sequence: number, reason: NodeReason) {
  const { hidden: _hidden, hiddenReason: _reason, ...record } = killOf(sequence).record
  return { streamSequence: sequence, record: { ...record, reason } }
}

describe('reduceNodeReport', () => {
  it('counts kills by reason, and invocations that took nobody apart', () => {
    const { victimPid: _pid, victimCommand: _command, ...nobody } = nodeKill(3, 'Panic').record
    const kills = [nodeKill(1, 'OutsidePod'), nodeKill(2, 'PodUnknown'), { streamSequence: 3, record: nobody }]
    expect(reduceNodeReport(undefined, kills, context)).toMatchObject({
      kills: 2,
      withoutVictim: 1,
      byReason: { OutsidePod: 1, PodUnknown: 1, Panic: 1 },
      last: { victim: '(nobody)', reason: 'Panic' },
      conditions: [{ type: 'Ready', status: 'True' }],
    })
  })

  it('changes nothing when the same kills come again', () => {
    const once = reduceNodeReport(undefined, [nodeKill(1, 'OutsidePod')], context)
    expect(reduceNodeReport(once, [nodeKill(1, 'OutsidePod')], context)).toEqual(once)
  })
})
