import { describe, expect, it } from '@jest/globals'
import { reasonsNotReady, type Progress, type ReaderStep } from './readiness.ts'

const LEADER: Progress = {
  unsynced: [],
  natsTrouble: undefined,
  role: 'leader',
  reader: { step: 'bound', lagMessages: 7 },
}

describe('reasonsNotReady', () => {
  it('has none for a leader that reads, and for one that could take over', () => {
    expect(reasonsNotReady(LEADER)).toEqual([])
    expect(
      reasonsNotReady({ ...LEADER, role: 'follower', reader: { step: 'notBegun', lagMessages: undefined } }),
    ).toEqual([])
  })

  it.each<[string, Partial<Progress>, string]>([
    ['unsynced', { unsynced: ['pods', 'namespaces'] }, 'caches: not every object was read yet: pods, namespaces'],
    ['natsTrouble', { natsTrouble: 'TIMEOUT' }, 'nats: no connection: TIMEOUT'],
    ['role', { role: undefined }, 'lease: not known yet who holds it: it was not read yet'],
    [
      'lag',
      { reader: { step: 'bound', lagMessages: undefined } },
      'lag: not known yet: the reader tells it when it stands in the stream',
    ],
  ])('names what is missing: %s', (_what, changes, reason) => {
    expect(reasonsNotReady({ ...LEADER, ...changes })).toEqual([reason])
  })

  it.each<[ReaderStep, string]>([
    ['notBegun', 'it has not begun'],
    ['pods', 'it waits for all pods to be read'],
    ['stream', 'it waits for the stream to be there'],
    ['reports', 'it reads what the reports have counted'],
    ['checkpoint', "it waits for the checkpoint and the stream's identity"],
    ['consumer', "it waits for its first word, and for the stream's identity behind that"],
  ])('says what the reader waits for: %s', (step, words) => {
    expect(reasonsNotReady({ ...LEADER, reader: { step, lagMessages: 7 } })).toEqual([
      `reader: none stands in the stream of kills: ${words}`,
    ])
  })
})
