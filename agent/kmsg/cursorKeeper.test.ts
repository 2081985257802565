import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import type { Cursor } from './cursor.ts'
import { CursorKeeper } from './cursorKeeper.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'

function keeperFor(disk: { full: boolean; ready?: Promise<void> }) {
  const written: number[] = []
  const repeated: boolean[] = []
  const state = { sequence: 1 }
  const keeper = new CursorKeeper({
    current: (): Cursor => ({ bootId: BOOT, sequence: state.sequence }),
    write: async ({ sequence }) => {
      await disk.ready
      if (disk.full) throw new Error('ENOSPC')
      written.push(sequence)
    },
    onFailure: (_, isRepeated) => repeated.push(isRepeated),
  })
  return { keeper, written, repeated, state }
}

describe('CursorKeeper', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('saves soon after a kill, once for many', async () => {
    const { keeper, written, state } = keeperFor({ full: false })
    for (state.sequence = 1; state.sequence < 10; state.sequence++) keeper.moved('kill')
    await jest.advanceTimersByTimeAsync(999)
    expect(written).toEqual([])
    await jest.advanceTimersByTimeAsync(1)
    expect(written).toEqual([10])
  })

  it('saves lazily after other lines, and a kill does not wait for that', async () => {
    const { keeper, written } = keeperFor({ full: false })
    keeper.moved('record')
    await jest.advanceTimersByTimeAsync(5_000)
    expect(written).toEqual([])
    keeper.moved('kill')
    keeper.moved('record')
    await jest.advanceTimersByTimeAsync(1_000)
    expect(written).toEqual([1])
  })

  it('writes nothing when nothing moved', async () => {
    const { keeper, written } = keeperFor({ full: false })
    await keeper.save()
    keeper.moved('kill')
    await jest.advanceTimersByTimeAsync(60_000)
    expect(written).toEqual([1])
  })

  it('tries again after the disk refused, and says so meanwhile', async () => {
    const disk = { full: true }
    const { keeper, written, repeated } = keeperFor(disk)
    keeper.moved('kill')
    await jest.advanceTimersByTimeAsync(3_000)
    expect(keeper.failed).toBe(true)
    expect(repeated).toEqual([false, true])
    disk.full = false
    await jest.advanceTimersByTimeAsync(2_000)
    expect(keeper.failed).toBe(false)
    expect(written).toEqual([1])
  })

  it('writes one at a time, and then what the cursor has become meanwhile', async () => {
    let done = (): void => undefined
    const disk = { full: false, ready: new Promise<void>((resolve) => (done = resolve)) }
    const { keeper, written, state } = keeperFor(disk)
    const first = keeper.save()
    for (state.sequence = 2; state.sequence < 9; state.sequence++) void keeper.save()
    expect(written).toEqual([])
    done()
    await first
    expect(written).toEqual([1, 9])
  })
})
