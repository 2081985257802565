import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import type { Cursor } from './cursor.ts'
import { CursorKeeper } from './cursorKeeper.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'

function keeperFor(disk: { full: boolean }) {
  const written: number[] = []
  const failures: unknown[] = []
  const state = { sequence: 1 }
  const keeper = new CursorKeeper({
    current: (): Cursor => ({ bootId: BOOT, sequence: state.sequence }),
    write: ({ sequence }) => {
      if (disk.full) throw new Error('ENOSPC')
      written.push(sequence)
    },
    onFailure: (error) => failures.push(error),
  })
  return { keeper, written, failures, state }
}

describe('CursorKeeper', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('saves soon after a kill, once for many', () => {
    const { keeper, written, state } = keeperFor({ full: false })
    for (state.sequence = 1; state.sequence < 10; state.sequence++) keeper.moved('kill')
    jest.advanceTimersByTime(999)
    expect(written).toEqual([])
    jest.advanceTimersByTime(1)
    expect(written).toEqual([10])
  })

  it('saves lazily after other lines, and a kill does not wait for that', () => {
    const { keeper, written } = keeperFor({ full: false })
    keeper.moved('record')
    jest.advanceTimersByTime(5_000)
    expect(written).toEqual([])
    keeper.moved('kill')
    keeper.moved('record')
    jest.advanceTimersByTime(1_000)
    expect(written).toEqual([1])
  })

  it('writes nothing when nothing moved', () => {
    const { keeper, written } = keeperFor({ full: false })
    keeper.save()
    keeper.moved('kill')
    jest.advanceTimersByTime(60_000)
    expect(written).toEqual([1])
  })

  it('tries again after the disk refused, and says so meanwhile', () => {
    const disk = { full: true }
    const { keeper, written, failures } = keeperFor(disk)
    keeper.moved('kill')
    jest.advanceTimersByTime(1_000)
    expect(keeper.failed).toBe(true)
    expect(failures).toHaveLength(1)
    disk.full = false
    jest.advanceTimersByTime(2_000)
    expect(keeper.failed).toBe(false)
    expect(written).toEqual([1])
  })
})
