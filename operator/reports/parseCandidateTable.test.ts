import { describe, expect, it } from '@jest/globals'
import type { KillCandidate } from '#contract/killEvent.ts'
import { killEventOf } from '../testing/killEvents.ts'
import { candidateTable } from './candidateTable.ts'
import { parseCandidateTable } from './parseCandidateTable.ts'

const candidate: KillCandidate = {
  pid: 1,
  command: 'java',
  uid: 0,
  totalVmPages: 9,
  rssPages: 8,
  badnessPages: 7,
}

describe('parseCandidateTable', () => {
  it('reads what candidateTable wrote', () => {
    const candidates = [
      { ...candidate, pid: 8123, command: 'my  app 12 -5', badnessPages: 16_100, oomScoreAdj: -997, swapPages: 3 },
      { ...candidate, pid: 4_194_303, badnessPages: -3_000, liveOomScore: 1_333 },
    ]
    const table = candidateTable(killEventOf({ candidates }), () => true) ?? ''
    expect(parseCandidateTable(table)).toEqual({
      isKernels: true,
      rows: [
        { pid: 8123, command: 'my  app 12 -5', oomScoreAdj: -997, badnessPages: 16_100 },
        { pid: 4_194_303, command: 'java', oomScoreAdj: undefined, badnessPages: -3_000 },
      ],
    })
  })

  it('reads containers, with their namespace where it is told', () => {
    const names = ['db-0/postgresql', 'shop/web-1.x/app', 'db-0/-', 'cut of…', '']
    const candidates = names.map((name, at) => ({ ...candidate, pid: at + 1, podUid: name }))
    const outside = { ...candidate, pid: 9, liveOomScore: 1 }
    const event = killEventOf({ scope: 'Node', candidates: [...candidates, outside] })
    const table =
      candidateTable(
        event,
        () => true,
        ({ podUid }) => podUid,
      ) ?? ''
    expect(parseCandidateTable(table)?.rows.map(({ container }) => container)).toEqual([
      { namespace: undefined, pod: 'db-0', name: 'postgresql' },
      { namespace: 'shop', pod: 'web-1.x', name: 'app' },
      'none',
      undefined,
      undefined,
      'none',
    ])
  })

  it('knows the figures only of processes that belong to others', () => {
    const candidates = [{ ...candidate, oomScoreAdj: 999 }]
    expect(parseCandidateTable(candidateTable(killEventOf({ candidates }), () => false) ?? '')?.rows).toEqual([
      { pid: undefined, command: undefined, oomScoreAdj: 999, badnessPages: 7 },
    ])
  })

  it('tells the kernel’s list from one that was read after the kill', () => {
    const table = candidateTable(killEventOf({ candidatesFrom: 'liveNode' }), () => true) ?? ''
    expect(parseCandidateTable(table)).toMatchObject({ isKernels: false, rows: { length: 2 } })
  })

  it.each(['', 'PID', '\n      nothing', 'PID  COMMAND  RSS'])('takes %j for none', (text) => {
    expect(parseCandidateTable(text)).toBeUndefined()
  })
})
