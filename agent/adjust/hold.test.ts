import { beforeEach, describe, expect, it } from '@jest/globals'
import { ruleOf } from '../testing/rules.ts'
import { formatConfirmation, Hold, parseConfirmation, readEveryMs, withoutExpired, type Confirmation } from './hold.ts'

const HOUR_MS = 3_600_000
const WALL_MS = Date.UTC(2026, 2, 1)

let bootId: string
let monotonicMs: number
let wallMs: number
let saved: Confirmation | undefined

const hold = (last = saved): Hold =>
  new Hold(
    last,
    () => ({ bootId, monotonicMs, wallMs }),
    (one) => void (saved = one),
  )

function pass(ms: number): void {
  monotonicMs += ms
  wallMs += ms
}

beforeEach(() => {
  bootId = 'one'
  monotonicMs = HOUR_MS
  wallMs = WALL_MS
  saved = undefined
})

describe('Hold', () => {
  it('counts from the last time that the lease had another revision', () => {
    const held = hold()
    held.noteRead({ revision: 3, leaseRevision: 10 })
    pass(60_000)
    held.noteRead({ revision: 3, leaseRevision: 11 })
    pass(60_000)
    held.noteRead({ revision: 3, leaseRevision: 11 })
    expect(held.ageMs()).toBe(60_000)
  })

  it('is confirmed by a state that was written anew too, and by a bucket that began anew', () => {
    const held = hold()
    held.noteRead({ revision: 3, leaseRevision: 10 })
    pass(60_000)
    held.noteRead({ revision: 12, leaseRevision: 10 })
    expect(held.ageMs()).toBe(0)
    pass(60_000)
    held.noteRead({ revision: 1, leaseRevision: 2 })
    expect(held.ageMs()).toBe(0)
  })

  it('goes on counting over a restart, also where the same revisions are read after it', () => {
    hold().noteRead({ revision: 3, leaseRevision: 10 })
    pass(2 * HOUR_MS)
    const next = hold()
    next.noteRead({ revision: 3, leaseRevision: 10 })
    expect(next.ageMs()).toBe(2 * HOUR_MS)
  })

  it('goes by the wall clock after a boot, and never counts backwards', () => {
    hold().noteRead({ revision: 3, leaseRevision: 10 })
    bootId = 'two'
    monotonicMs = 5_000
    wallMs += 3 * HOUR_MS
    expect(hold().ageMs()).toBe(3 * HOUR_MS)
    wallMs = WALL_MS - HOUR_MS
    expect(hold().ageMs()).toBe(0)
  })

  it('goes by no clock that is set', () => {
    const held = hold()
    held.noteRead({ revision: 3, leaseRevision: 10 })
    wallMs += 100 * HOUR_MS
    expect(held.ageMs()).toBe(0)
  })

  it('says since when it is not confirmed once a renewal is overdue, or something has expired', () => {
    const held = hold()
    held.noteRead({ revision: 3, leaseRevision: 10 })
    pass(180_000)
    expect(held.staleSince(false)).toBeUndefined()
    expect(held.staleSince(true)).toEqual(new Date(WALL_MS))
    pass(1)
    expect(held.staleSince(false)).toEqual(new Date(WALL_MS))
  })

  it('saves only what is new', () => {
    const held = hold()
    held.noteRead({ revision: 3, leaseRevision: 10 })
    saved = undefined
    held.noteRead({ revision: 3, leaseRevision: 10 })
    expect(saved).toBeUndefined()
  })
})

describe('a confirmation on disk', () => {
  it('is read as it was written', () => {
    const last = { bootId, monotonicMs, wallMs, revision: 3, leaseRevision: 10 }
    expect(parseConfirmation(formatConfirmation(last))).toMatchObject(last)
  })

  it.each(['', '{', '{"version":2}', '{"version":1,"bootId":"b","monotonicMs":"1"}'])('is none: %j', (text) => {
    expect(parseConfirmation(text)).toBeUndefined()
  })
})

describe('withoutExpired', () => {
  const [short, long] = [ruleOf({ holdForSeconds: 60 }), ruleOf({ holdForSeconds: 3_600 })]
  const desired = { rules: [short, long], containers: [] }

  it('suspends the rules that were held for longer than they may be, and no other', () => {
    const { rules } = withoutExpired(desired, 60_001)
    expect(rules.map(({ suspended }) => suspended?.reason)).toEqual(['HoldExpired', undefined])
  })

  it('is the same while there are none', () => {
    expect(withoutExpired(desired, 60_000)).toBe(desired)
  })
})

describe('readEveryMs', () => {
  it('is a minute, and a third of the shortest holdFor where that is less', () => {
    expect(readEveryMs([])).toBe(60_000)
    expect(readEveryMs([ruleOf({ holdForSeconds: 86_400 }), ruleOf({ holdForSeconds: 90 })])).toBe(30_000)
  })
})
