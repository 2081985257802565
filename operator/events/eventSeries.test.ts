import { beforeEach, describe, expect, it } from '@jest/globals'
import type { EventDraft } from './eventDraft.ts'
import { EventSeriesTable, SERIES_LIMITS, type EventSeries } from './eventSeries.ts'

const MINUTE_MS = 60_000
const AT = new Date('2026-03-01T10:00:00.000Z')

let table: EventSeriesTable
let drops: Record<string, number>

const newTable = (limits = SERIES_LIMITS): EventSeriesTable =>
  new EventSeriesTable(limits, (reason, kills) => {
    drops[reason] = (drops[reason] ?? 0) + kills
  })

beforeEach(() => {
  drops = {}
  table = newTable()
})

function draftOf({ pod = 'eater', subject = 'worker', kill = 1 } = {}): EventDraft {
  const regarding = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: pod, uid: pod }
  return { regarding, reason: 'OOMVictim', note: `took ${subject} (pid ${kill})`, subject, kill: `k${kill}` }
}

/** Writes all that is due, as the teller does. */
function writeDue(nowMs: number): EventSeries[] {
  const written: EventSeries[] = []
  for (let series = table.next(nowMs); series !== undefined; series = table.next(nowMs)) {
    table.written(series, series.kills, nowMs)
    written.push({ ...series })
  }
  return written
}

describe('EventSeriesTable', () => {
  it('makes one series of kills that differ by pid, within six minutes of each other', () => {
    for (const kill of [1, 2, 3]) table.note(draftOf({ kill }), AT, kill * 5 * MINUTE_MS)
    expect(writeDue(15 * MINUTE_MS)).toMatchObject([{ kills: 3, draft: { kill: 'k1' } }])
    table.note(draftOf({ kill: 4 }), AT, 22 * MINUTE_MS)
    expect(writeDue(22 * MINUTE_MS)).toMatchObject([{ kills: 1, draft: { kill: 'k4' } }])
  })

  it('writes the first kill at once, the second too, and then no more often than every 30 s', () => {
    const counts: number[][] = []
    for (let second = 0; second < 70; second++) {
      table.note(draftOf({ kill: second }), AT, second * 1_000)
      const written = writeDue(second * 1_000)
      for (const { kills } of written) counts.push([second, kills])
    }
    expect(counts).toEqual([
      [0, 1],
      [1, 2],
      [31, 32],
      [61, 62],
    ])
    // What came since is written when the series has ended.
    expect(writeDue(69_000 + 6 * MINUTE_MS).map(({ kills }) => kills)).toEqual([70])
    expect(drops).toEqual({})
  })

  it('gives an object 25 writes at once and then one each five minutes; what it does not write is counted on', () => {
    let writes = 0
    for (let at = 0; at <= 65; at++) {
      table.note(draftOf({ kill: at }), AT, at * 30_000)
      writes += writeDue(at * 30_000).length
    }
    // Half an hour and more: without a budget it would be 66.
    expect(writes).toBe(25 + 30 / 5)
    expect(writeDue(39 * MINUTE_MS)).toMatchObject([{ kills: 66 }])
    expect(drops).toEqual({})
  })

  it('combines what differs by more than ten subjects, with the first of the rest in words', () => {
    for (let kill = 0; kill < 15; kill++) table.note(draftOf({ subject: `s${kill}`, kill }), AT, 0)
    const written = writeDue(0)
    expect(written).toHaveLength(11)
    expect(written.at(-1)).toMatchObject({
      kills: 5,
      draft: { note: '(combined from similar events): took s10 (pid 10)' },
    })
  })

  it('does not let one object take another’s budget', () => {
    for (let kill = 0; kill < 30; kill++) table.note(draftOf({ pod: `pod-${kill}`, kill }), AT, 0)
    expect(writeDue(0)).toHaveLength(30)
  })

  it('holds no more than its limits, and counts what it could not take', () => {
    table = newTable({ maxSeries: 6, maxWaiting: 4 })
    for (let kill = 0; kill < 10; kill++) table.note(draftOf({ pod: `pod-${kill}`, kill }), AT, 0)
    expect(table.size).toBe(4)
    expect(drops).toEqual({ queueFull: 6 })
    writeDue(0)
    for (let kill = 10; kill < 14; kill++) table.note(draftOf({ pod: `pod-${kill}`, kill }), AT, 0)
    expect(table.size).toBe(6)
    // The oldest gave way, and all of theirs was written.
    expect(drops).toEqual({ queueFull: 6 })
    expect(writeDue(0)).toHaveLength(4)
  })

  it('waits after a write that failed, without holding others up', () => {
    table.note(draftOf({ pod: 'a' }), AT, 0)
    table.note(draftOf({ pod: 'b' }), AT, 0)
    const first = table.next(0)
    if (first !== undefined) table.failed(first, 1_000)
    expect(writeDue(0)).toMatchObject([{ draft: { regarding: { name: 'b' } } }])
    expect(writeDue(1_000)).toMatchObject([{ draft: { regarding: { name: 'a' } } }])
  })

  it('forgets a series that has ended, and drops what is refused', () => {
    table.note(draftOf({ pod: 'a' }), AT, 0)
    writeDue(0)
    table.note(draftOf({ pod: 'b' }), AT, 0)
    const refused = table.next(0)
    if (refused !== undefined) table.drop(refused, 'refused')
    expect(drops).toEqual({ refused: 1 })
    expect(table.next(6 * MINUTE_MS)).toBeUndefined()
    expect(table.size).toBe(0)
  })
})
