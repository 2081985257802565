import { beforeEach, describe, expect, it } from '@jest/globals'
import { operatorError } from '../errors.ts'
import type { EventDraft } from '../events/eventDraft.ts'
import type { EventSeries } from '../events/eventSeries.ts'
import { EventTeller, type EventSink } from './eventTeller.ts'

const stop = new Error('stop')

let nowMs: number
let endMs: number
let calls: string[]
let answers: Record<string, () => 'written' | 'gone' | 'refused'>
let told: number
let dropped: Record<string, number>
let troubles: number
let teller: EventTeller

beforeEach(() => {
  nowMs = 0
  endMs = 1_000
  calls = []
  answers = {}
  told = 0
  dropped = {}
  troubles = 0
  const ask = (verb: string, { draft, kills }: EventSeries): 'written' | 'gone' | 'refused' => {
    calls.push(`${verb} ${draft.regarding.name} ${kills}`)
    return answers[`${verb} ${draft.regarding.name}`]?.() ?? 'written'
  }
  const sink: EventSink = {
    create: async (series) => (ask('create', series) === 'refused' ? 'refused' : 'written'),
    update: async (series) => ask('update', series),
  }
  teller = new EventTeller({
    sink,
    now: () => new Date(nowMs),
    observer: {
      told: (kills) => (told += kills),
      dropped: (reason, kills) => (dropped[reason] = (dropped[reason] ?? 0) + kills),
    },
    waiting: {
      observer: { trouble: () => troubles++, fine: () => {} },
      sleep: async (ms) => {
        nowMs += ms
        if (nowMs > endMs) throw stop
      },
      random: () => 0,
      monotonicMs: () => nowMs,
      signal: new AbortController().signal,
    },
  })
})

function draftOf(pod: string, kill = 1): EventDraft {
  const regarding = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: pod, uid: pod }
  return { regarding, reason: 'OOMVictim', note: 'took worker', subject: 'worker', kill: `k${kill}` }
}

const unreachable = (): never => {
  throw operatorError('ApiserverUnreachable', 'expected an answer, got none')
}

describe('EventTeller', () => {
  it('makes an Event of the first kill and counts the next in it', async () => {
    teller.note([draftOf('a', 1)])
    await expect(teller.run()).rejects.toBe(stop)
    teller.note([draftOf('a', 2), draftOf('a', 3)])
    endMs = 2_000
    await expect(teller.run()).rejects.toBe(stop)
    expect(calls).toEqual(['create a 1', 'update a 3'])
    expect(told).toBe(3)
  })

  it('makes it anew when the apiserver has forgotten it', async () => {
    teller.note([draftOf('a', 1)])
    await expect(teller.run()).rejects.toBe(stop)
    answers['update a'] = () => 'gone'
    teller.note([draftOf('a', 2)])
    endMs = 2_000
    await expect(teller.run()).rejects.toBe(stop)
    expect(calls).toEqual(['create a 1', 'update a 2', 'create a 2'])
    expect(told).toBe(2)
  })

  it('counts what is refused, and goes on with others', async () => {
    answers['create a'] = () => 'refused'
    teller.note([draftOf('a'), draftOf('b')])
    await expect(teller.run()).rejects.toBe(stop)
    expect([told, dropped]).toEqual([1, { refused: 1 }])
  })

  it('tries again for a while where the apiserver is away, and then gives up and says so', async () => {
    let isAway = true
    answers['create a'] = () => (isAway ? unreachable() : 'written')
    answers['create b'] = unreachable
    teller.note([draftOf('a'), draftOf('b')])
    endMs = 20_000
    await expect(teller.run()).rejects.toBe(stop)
    isAway = false
    endMs = 300_000
    await expect(teller.run()).rejects.toBe(stop)
    expect([told, dropped]).toEqual([1, { unreachable: 1 }])
    expect(calls.filter((call) => call === 'create b 1')).toHaveLength(12)
    expect(troubles).toBeGreaterThan(12)
  })

  it('takes ten writes a second of the apiserver’s time, after fifty at once', async () => {
    teller.note(Array.from({ length: 200 }, (_, at) => draftOf(`pod-${at}`)))
    endMs = 5_000
    await expect(teller.run()).rejects.toBe(stop)
    expect(calls.length).toBeGreaterThanOrEqual(98)
    expect(calls.length).toBeLessThanOrEqual(101)
  })
})
