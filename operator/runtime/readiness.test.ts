import { describe, expect, it } from '@jest/globals'
import { reasonsNotReady, type Progress } from './readiness.ts'

const LEADER: Progress = {
  unsynced: [],
  isNatsConnected: true,
  role: 'leader',
  reader: { isBound: true, lagMessages: 7 },
}

describe('reasonsNotReady', () => {
  it('has none for a leader that reads, and for one that could take over', () => {
    expect(reasonsNotReady(LEADER)).toEqual([])
    expect(
      reasonsNotReady({ ...LEADER, role: 'follower', reader: { isBound: false, lagMessages: undefined } }),
    ).toEqual([])
  })

  it.each<[string, Partial<Progress>, string]>([
    ['unsynced', { unsynced: ['pods', 'namespaces'] }, 'caches: not every object was read yet: pods, namespaces'],
    ['isNatsConnected', { isNatsConnected: false }, 'nats: no connection'],
    ['role', { role: undefined }, 'lease: not known yet who holds it'],
    ['a reader', { reader: { isBound: false, lagMessages: 7 } }, 'reader: none stands in the stream of kills'],
    ['lag', { reader: { isBound: true, lagMessages: undefined } }, 'lag: not known yet'],
  ])('names what is missing: %s', (_what, changes, reason) => {
    expect(reasonsNotReady({ ...LEADER, ...changes })).toEqual([reason])
  })
})
