import { describe, expect, it } from '@jest/globals'
import { reasonsNotReady, type Progress } from './readiness.ts'

const LEADER: Progress = { unsynced: [], isNatsConnected: true, role: 'leader', isReading: true }

describe('reasonsNotReady', () => {
  it('has none for a leader that reads, and for one that could take over', () => {
    expect(reasonsNotReady(LEADER)).toEqual([])
    expect(reasonsNotReady({ ...LEADER, role: 'follower', isReading: false })).toEqual([])
  })

  it.each<[keyof Progress, Partial<Progress>, string]>([
    ['unsynced', { unsynced: ['pods', 'namespaces'] }, 'caches: not every object was read yet: pods, namespaces'],
    ['isNatsConnected', { isNatsConnected: false }, 'nats: no connection'],
    ['role', { role: undefined }, 'lease: not known yet who holds it'],
    ['isReading', { isReading: false }, 'reader: no reader of kills yet'],
  ])('names what is missing: %s', (_what, changes, reason) => {
    expect(reasonsNotReady({ ...LEADER, ...changes })).toEqual([reason])
  })
})
