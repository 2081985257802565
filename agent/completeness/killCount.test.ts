import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { KillCount } from './killCount.ts'
import { openLedger, type KillLedger } from './ledger.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'

function counting(spooled: number[] = [], ledger = openLedger(undefined, BOOT, true)) {
  const node = {
    kernelKills: 0 as number | undefined,
    behind: false,
    full: false,
    readThrough: 0,
    settled: 0,
    unspooled: [] as number[],
    stale: false,
  }
  const missing: [string, number][] = []
  const failures: unknown[] = []
  const saved: KillLedger[] = []
  const settled: number[] = []
  const late = { lines: 0 }
  const counted: number[] = []
  const count = new KillCount(ledger, spooled, {
    readKernelKills: () => node.kernelKills,
    isBehind: () => node.behind,
    unspooled: () => ({ lines: node.unspooled, recovered: 0 }),
    readThrough: () => node.readThrough,
    save: (ledger) => {
      if (node.full) throw new Error('ENOSPC')
      saved.push(ledger)
      node.stale = false
    },
    onFailure: (error) => failures.push(error),
    onSaved: () => node.settled++,
    onMissing: (kind, kills) => missing.push([kind, kills]),
    isStale: () => node.stale,
    onSpooledLine: (sequence) => counted.push(sequence),
    onLateLine: () => late.lines++,
    onSettled: (lost) => settled.push(lost),
    monotonicMs: () => performance.now(),
  })
  count.start()
  return { count, node, missing, failures, saved, settled, late, counted }
}

describe('KillCount', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('agrees with the kernel when each kill has its line', () => {
    const { count, node, missing } = counting()
    for (const sequence of [5, 9]) {
      node.kernelKills = (node.kernelKills ?? 0) + 1
      count.line(sequence)
    }
    jest.advanceTimersByTime(3_000)
    expect(count.completeness).toMatchObject({ kernelKills: 2, killLines: 2, killsLost: 0, killsUnseen: 0 })
    expect(missing).toEqual([])
  })

  it('waits for a line that is on its way before it calls the kill unseen', () => {
    const { count, node, missing } = counting()
    node.kernelKills = 1
    jest.advanceTimersByTime(3_000)
    expect(count.completeness).toMatchObject({ kernelKills: 1, killsUnseen: 0 })
    count.line(5)
    jest.advanceTimersByTime(10_000)
    expect(missing).toEqual([])
    expect(count.completeness).toMatchObject({ killLines: 1, killsUnseen: 0 })
  })

  it('says once that a kill is unseen, and of more again', () => {
    const { count, node, missing } = counting()
    node.kernelKills = 1
    jest.advanceTimersByTime(200_000)
    expect(missing).toEqual([['unseen', 1]])
    expect(count.completeness).toMatchObject({ killsUnseen: 1 })
    node.kernelKills = 3
    jest.advanceTimersByTime(60_000)
    expect(missing).toEqual([
      ['unseen', 1],
      ['unseen', 3],
    ])
  })

  it('calls it lost where records were overwritten, and keeps that', () => {
    const { count, node, missing, saved, settled } = counting()
    node.kernelKills = 4
    count.line(100)
    count.recordsLost()
    jest.advanceTimersByTime(10_000)
    expect(missing).toEqual([['lost', 3]])
    expect(settled.at(-1)).toBe(3)
    expect(count.completeness).toMatchObject({ killLines: 1, killsLost: 3, killsUnseen: 0 })
    expect(saved.at(-1)).toMatchObject({ lines: 1, lost: 3, recordsLost: false })
  })

  it('decides nothing while records wait to be read', () => {
    const { count, node, missing } = counting()
    node.kernelKills = 2
    node.behind = true
    jest.advanceTimersByTime(100_000)
    expect(missing).toEqual([])
    node.behind = false
    count.line(7)
    count.line(8)
    jest.advanceTimersByTime(100_000)
    expect(missing).toEqual([])
    expect(count.completeness).toMatchObject({ killLines: 2, killsUnseen: 0 })
  })

  it('goes on without a disk, and saves what is new only', () => {
    const { count, node, failures, saved } = counting()
    node.full = true
    node.kernelKills = 1
    count.recordsLost()
    jest.advanceTimersByTime(10_000)
    expect(failures).toHaveLength(1)
    expect(() => count.save()).toThrow('ENOSPC')
    node.full = false
    count.save()
    count.save()
    expect(saved).toHaveLength(1)
  })

  it('says nothing where the kernel does not count', () => {
    const { count, node } = counting()
    node.kernelKills = undefined
    jest.advanceTimersByTime(100_000)
    expect(count.completeness).toBeUndefined()
  })

  it('counts lines that were spooled before a crash once, whether they are read again or overwritten', () => {
    const { count, node, missing, counted } = counting([5, 9, 30])
    node.kernelKills = 4
    count.recordsLost()
    count.line(9)
    count.line(20)
    node.readThrough = 21
    jest.advanceTimersByTime(3_000)
    expect(count.completeness).toMatchObject({ killLines: 3 })
    node.readThrough = 40
    jest.advanceTimersByTime(10_000)
    expect(count.completeness).toMatchObject({ killLines: 4, killsLost: 0, killsUnseen: 0 })
    // 9 was read again, and counted by whoever read it.
    expect(counted).toEqual([5, 30])
    expect(missing).toEqual([])
  })

  it('needs the spool for what was read until all of that is counted on disk', () => {
    const { count, node } = counting([5, 9])
    count.line(5)
    count.save()
    expect(node.settled).toBe(0)
    node.full = true
    count.line(9)
    count.line(12)
    expect(() => count.save()).toThrow('ENOSPC')
    expect(node.settled).toBe(0)
    node.full = false
    count.save()
    expect(node.settled).toBe(1)
  })

  it('knows how many of the kernel’s kills are done with when no line is on its way, and only then', () => {
    const { count, node, late } = counting()
    expect(count.accountedKills).toBe(0)
    node.kernelKills = 4
    count.line(5)
    expect(count.accountedKills).toBe(1)
    count.recordsLost()
    expect(count.accountedKills).toBeUndefined()
    jest.advanceTimersByTime(10_000)
    expect(count.accountedKills).toBe(4)
    node.behind = true
    expect(count.accountedKills).toBeUndefined()
    node.behind = false
    node.kernelKills = 5
    jest.advanceTimersByTime(100_000)
    expect(count.accountedKills).toBe(5)
    expect(late.lines).toBe(0)
    count.line(9)
    expect(late.lines).toBe(1)
  })

  it('does not know it before lines and counter have agreed once', () => {
    const { count, node } = counting([], openLedger(undefined, BOOT, false))
    node.kernelKills = 7
    count.line(5)
    expect(count.accountedKills).toBeUndefined()
    jest.advanceTimersByTime(10_000)
    expect(count.accountedKills).toBe(7)
  })

  it('knows what was before it in the midst of a storm, too, when a line is on its way at each look', () => {
    const { count, node } = counting([], openLedger(undefined, BOOT, false))
    node.kernelKills = 7
    for (let sequence = 1; sequence <= 500; sequence++) {
      node.kernelKills++
      // The next kill is there before this one's line is read, but now and then.
      if (sequence % 50 !== 0) node.kernelKills++
      count.line(sequence)
      if (sequence % 50 !== 0) node.kernelKills--
      jest.advanceTimersByTime(10)
    }
    expect(count.accountedKills).toBe(507)
    expect(count.completeness).toMatchObject({ killsBefore: 7, killLines: expect.any(Number), killsLost: 0 })
  })

  it('saves what is kept with the counts, though no line has come', () => {
    const { node, saved } = counting()
    node.stale = true
    jest.advanceTimersByTime(3_000)
    expect(saved).toHaveLength(1)
    jest.advanceTimersByTime(60_000)
    expect(saved).toHaveLength(1)
  })

  it('saves no line that only memory has, and all of them once they are on disk', () => {
    const { count, node, saved } = counting()
    for (const sequence of [5, 7, 9]) count.line(sequence)
    node.unspooled = [7, 9]
    count.save()
    expect(saved.at(-1)).toMatchObject({ lines: 1, nextSequence: 7 })
    node.unspooled = []
    count.save()
    expect(saved.at(-1)).toMatchObject({ lines: 3, nextSequence: 10 })
  })

  it('keeps the number of kills that were given up', () => {
    const { count, saved } = counting()
    count.dropped(3)
    count.save()
    count.look()
    expect(saved.at(-1)).toMatchObject({ dropped: 3 })
    expect(count.completeness).toMatchObject({ killsDropped: 3 })
  })
})
