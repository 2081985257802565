import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import type { OomKill } from '#kernel/event/oomEvent.ts'
import { HeldKills } from './heldKills.ts'
import type { PlaceSearch, VictimPlace } from './victimPlace.ts'

const HERE: VictimPlace = { source: 'cache', cgroupPath: '/kubepods/pod1/a' }
const KILLED_AT = { wallMs: 0, monotonicUsec: 0 }

const killOf = (sequence: number): OomKill => ({
  outcome: 'killed',
  sequence,
  eventSequence: sequence - 1,
  monotonicUsec: 0,
  victim: { pid: 1, command: 'x' },
  rawLines: [],
})

/** Found at so many looks, or never. */
class FakeSearch implements PlaceSearch {
  place: VictimPlace | undefined
  isOver = false
  looks = 0
  readonly #foundAt: number

  constructor(foundAt = Number.POSITIVE_INFINITY) {
    this.#foundAt = foundAt
  }

  look(): void {
    if (++this.looks < this.#foundAt) return
    this.place = HERE
    this.isOver = true
  }
}

let told: [number, VictimPlace | undefined][]
let held: HeldKills

beforeEach(() => {
  jest.useFakeTimers()
  told = []
  held = new HeldKills({
    tell: ({ sequence }, _killedAt, place) => void told.push([sequence, place]),
    monotonicMs: () => performance.now(),
  })
})

afterEach(() => void jest.useRealTimers())

describe('HeldKills', () => {
  it('tells a kill when the lines that are there are read', () => {
    held.add(killOf(5), KILLED_AT, HERE)
    expect(told).toEqual([])
    expect(held.neededSequence).toBe(4)
    jest.advanceTimersByTime(0)
    expect(told).toEqual([[5, HERE]])
    expect(held.neededSequence).toBe(Number.POSITIVE_INFINITY)
  })

  it('waits for a place that is known in a moment, and keeps the order', () => {
    held.add(killOf(5), KILLED_AT, new FakeSearch(3))
    held.add(killOf(6), KILLED_AT, HERE)
    jest.advanceTimersByTime(3)
    expect(told).toEqual([])
    jest.advanceTimersByTime(3)
    expect(told).toEqual([
      [5, HERE],
      [6, HERE],
    ])
    expect(jest.getTimerCount()).toBe(0)
  })

  it('says which kill lines are on no disk yet, and where their kills are as far as that is known', () => {
    held.add(killOf(5), KILLED_AT, HERE)
    held.add({ ...killOf(6), outcome: 'noKillable' }, KILLED_AT, undefined)
    held.add(killOf(7), KILLED_AT, new FakeSearch())
    expect(held.lines).toEqual([
      { sequence: 5, cgroupPath: HERE.cgroupPath },
      { sequence: 7, cgroupPath: undefined },
    ])
    held.flush()
    expect(held.lines).toEqual([])
  })

  it('waits for 20 ms at most, all that came at once together', () => {
    const searches = [new FakeSearch(), new FakeSearch()]
    for (const [at, search] of searches.entries()) held.add(killOf(at), KILLED_AT, search)
    jest.advanceTimersByTime(18)
    expect(told).toEqual([])
    jest.advanceTimersByTime(6)
    expect(told).toEqual([
      [0, undefined],
      [1, undefined],
    ])
  })

  it('does not wait when nothing is to come', () => {
    const search = new FakeSearch()
    search.isOver = true
    held.add(killOf(5), KILLED_AT, search)
    jest.advanceTimersByTime(0)
    expect(told).toEqual([[5, undefined]])
  })

  it('tells all at once when it is asked to', () => {
    held.add(killOf(5), KILLED_AT, new FakeSearch())
    held.add(killOf(6), KILLED_AT, HERE)
    held.flush()
    expect(told).toEqual([
      [5, undefined],
      [6, HERE],
    ])
    expect(jest.getTimerCount()).toBe(0)
  })

  it('holds 64 at most: a dump may be large', () => {
    for (let at = 0; at < 100; at++) held.add(killOf(at), KILLED_AT, HERE)
    expect(told).toHaveLength(36)
    held.flush()
    expect(told.map(([sequence]) => sequence)).toEqual(Array.from({ length: 100 }, (_, at) => at))
  })
})
