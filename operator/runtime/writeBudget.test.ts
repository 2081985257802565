import { beforeEach, describe, expect, it } from '@jest/globals'
import { WriteBudget, type WriteBudgetOptions, type WritePurpose } from './writeBudget.ts'

let nowMs: number
let sleepers: { atMs: number; wake: () => void }[]
let started: [string, number][]
let clockReads: number
const stop = new AbortController()

beforeEach(() => {
  nowMs = 0
  sleepers = []
  started = []
  clockReads = 0
})

const budgetOf = (options: Partial<WriteBudgetOptions> = {}): WriteBudget =>
  new WriteBudget(
    { perSecond: 1_000, maxInFlight: 100, reportEveryMs: 1_000, ...options },
    {
      monotonicMs: () => {
        clockReads++
        return nowMs
      },
      sleep: (ms) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        sleepers.push({ atMs: nowMs + ms, wake: resolve })
        return promise
      },
    },
  )

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** Lets time pass, and wakes whoever's time has come. */
async function passTo(ms: number): Promise<void> {
  await settle()
  for (;;) {
    const next = sleepers.filter(({ atMs }) => atMs <= ms).toSorted((a, b) => a.atMs - b.atMs)[0]
    if (next === undefined) break
    sleepers = sleepers.filter((sleeper) => sleeper !== next)
    nowMs = Math.max(nowMs, next.atMs)
    next.wake()
    await settle()
  }
  nowMs = ms
}

const write = (
  budget: WriteBudget,
  key: string,
  until: Promise<void> = Promise.resolve(),
  purpose: WritePurpose = 'kills',
) =>
  budget.run(
    key,
    stop.signal,
    async () => {
      started.push([key, nowMs])
      await until
    },
    purpose,
  )

describe('WriteBudget', () => {
  it('lets the first write of a report start at once, and the next after its pace', async () => {
    const budget = budgetOf()
    for (const key of ['a', 'a', 'b', 'a']) void write(budget, key)
    await passTo(5_000)
    expect(started).toEqual([
      ['a', 0],
      ['b', 0],
      ['a', 1_000],
      ['a', 2_000],
    ])
    void write(budget, 'a')
    await passTo(6_000)
    expect(started.at(-1)).toEqual(['a', 5_000])
  })

  it('stays within its rate, and serves first who has waited longest', async () => {
    const budget = budgetOf({ perSecond: 2 })
    for (const key of ['a', 'b', 'c', 'd', 'e']) void write(budget, key)
    await passTo(3_000)
    expect(started).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 500],
      ['d', 1_000],
      ['e', 1_500],
    ])
  })

  it('lets upkeep wait behind kills, and yet have one write in eight', async () => {
    const budget = budgetOf({ perSecond: 10, maxInFlight: 1 })
    for (let at = 0; at < 3; at++) void write(budget, `u${at}`, Promise.resolve(), 'upkeep')
    for (let at = 0; at < 16; at++) void write(budget, `k${at}`)
    for (let ms = 100; ms <= 3_000; ms += 100) await passTo(ms)
    const order = started.map(([key]) => key)
    expect(order.findIndex((key) => key === 'k0')).toBeLessThanOrEqual(1)
    expect(order.indexOf('u1')).toBe(8)
    expect(order.indexOf('u2')).toBe(16)
    expect(order).toHaveLength(19)
  })

  it('gives upkeep that takes long one place while kills wait, and more when none does', async () => {
    const budget = budgetOf({ maxInFlight: 4, reportEveryMs: 0 })
    const gate = Promise.withResolvers<void>()
    const inWay = Promise.withResolvers<void>()
    for (let at = 0; at < 4; at++) void write(budget, `w${at}`, inWay.promise)
    for (let at = 0; at < 6; at++) void write(budget, `u${at}`, gate.promise, 'upkeep')
    for (let at = 0; at < 40; at++) void write(budget, `k${at}`)
    inWay.resolve()
    for (let ms = 100; ms <= 2_000; ms += 100) await passTo(ms)
    const order = started.map(([key]) => key)
    expect(order.filter((key) => key.startsWith('k'))).toHaveLength(40)
    expect(order.slice(0, order.indexOf('k39')).filter((key) => key.startsWith('u'))).toEqual(['u0'])
    expect(order.filter((key) => key.startsWith('u'))).toEqual(['u0', 'u1', 'u2', 'u3'])
    gate.resolve()
    for (let ms = 2_100; ms <= 3_000; ms += 100) await passTo(ms)
    expect(started).toHaveLength(50)
  })

  it('holds so many in flight, and none of one report twice', async () => {
    const budget = budgetOf({ maxInFlight: 2, reportEveryMs: 0 })
    const gate = Promise.withResolvers<void>()
    for (const key of ['a', 'a', 'b', 'c']) void write(budget, key, gate.promise)
    await passTo(2_000)
    expect(started.map(([key]) => key)).toEqual(['a', 'b'])
    gate.resolve()
    await passTo(4_000)
    expect(started.map(([key]) => key)).toEqual(['a', 'b', 'a', 'c'])
  })

  it('sleeps while a report is written for longer than its pace', async () => {
    const budget = budgetOf()
    const gate = Promise.withResolvers<void>()
    for (const key of ['a', 'a']) void write(budget, key, gate.promise)
    await passTo(9_000)
    expect(clockReads).toBeLessThan(10)
    gate.resolve()
    await passTo(9_001)
    expect(started).toEqual([
      ['a', 0],
      ['a', 9_000],
    ])
  })

  it('wakes another report that waits beside one that is being written', async () => {
    const budget = budgetOf()
    const gate = Promise.withResolvers<void>()
    for (const key of ['a', 'a']) void write(budget, key, gate.promise)
    await passTo(500)
    for (const key of ['b', 'b']) void write(budget, key)
    await passTo(2_000)
    expect(started).toEqual([
      ['a', 0],
      ['b', 500],
      ['b', 1_500],
    ])
  })

  it('gives the place of a write that failed to the next', async () => {
    const budget = budgetOf({ maxInFlight: 1 })
    const failed = budget.run('a', stop.signal, () => Promise.reject(new Error('away')))
    void write(budget, 'b')
    await expect(failed).rejects.toThrow('away')
    await settle()
    expect(started).toEqual([['b', 0]])
  })

  it('forgets who gives up', async () => {
    const budget = budgetOf({ maxInFlight: 1 })
    const gate = Promise.withResolvers<void>()
    void write(budget, 'a', gate.promise)
    const impatient = new AbortController()
    const given = budget.run('b', impatient.signal, () => Promise.resolve())
    impatient.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    void write(budget, 'c')
    gate.resolve()
    await passTo(10)
    expect(started.map(([key]) => key)).toEqual(['a', 'c'])
  })
})
