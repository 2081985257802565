import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { FakeSpool } from '../testing/fakes.ts'
import { KillQueue, type OutgoingKill } from './killQueue.ts'

const kill = (sequence: number): OutgoingKill => ({
  subject: `kill.${sequence}`,
  payload: new Uint8Array(10),
  monotonicUsec: sequence,
  killLine: true,
  neededSequence: sequence,
})

function queueOn(spool: FakeSpool) {
  const said: string[] = []
  const queue = new KillQueue({
    spool,
    onTrouble: () => said.push('trouble'),
    onRecovered: () => said.push('recovered'),
  })
  const take = (): string | undefined => {
    const first = queue.peek()
    if (first !== undefined) queue.done(first)
    return first?.subject
  }
  return { queue, said, take }
}

describe('KillQueue', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('keeps kills on disk, in order, and needs no record for them', () => {
    const spool = new FakeSpool()
    const { queue, take } = queueOn(spool)
    for (const sequence of [1, 2]) queue.add(kill(sequence))
    expect(spool.size).toBe(2)
    expect([queue.memoryBytes, queue.neededSequence]).toEqual([0, Number.POSITIVE_INFINITY])
    expect([take(), take(), take()]).toEqual(['kill.1', 'kill.2', undefined])
  })

  it('syncs once for many, and not at all for what is stored by then', () => {
    const spool = new FakeSpool()
    const { queue, take } = queueOn(spool)
    queue.add(kill(1))
    take()
    jest.advanceTimersByTime(100)
    expect(spool.syncs).toBe(0)
    for (const sequence of [2, 3]) queue.add(kill(sequence))
    jest.advanceTimersByTime(100)
    expect(spool.syncs).toBe(1)
  })

  it('keeps what the disk refuses in memory behind what is on disk, and says so once', () => {
    const spool = new FakeSpool()
    const { queue, said, take } = queueOn(spool)
    queue.add(kill(1))
    spool.full = true
    for (const sequence of [2, 3]) queue.add(kill(sequence))
    expect(said).toEqual(['trouble'])
    expect([queue.size, queue.memoryBytes, queue.neededSequence, queue.trouble]).toEqual([3, 20, 2, true])
    expect([take(), take(), take()]).toEqual(['kill.1', 'kill.2', 'kill.3'])
    expect([queue.size, queue.memoryBytes]).toEqual([0, 0])
  })

  it('puts memory on disk, in order, once the disk takes again', () => {
    const spool = new FakeSpool()
    const { queue, said, take } = queueOn(spool)
    spool.full = true
    for (const sequence of [1, 2]) queue.add(kill(sequence))
    spool.full = false
    jest.advanceTimersByTime(1_000)
    expect(said).toEqual(['trouble', 'recovered'])
    expect([spool.size, queue.memoryBytes, queue.trouble]).toEqual([2, 0, false])
    queue.add(kill(3))
    expect([take(), take(), take()]).toEqual(['kill.1', 'kill.2', 'kill.3'])
  })

  it('is done with a kill that got from memory to disk while it was on its way', () => {
    const spool = new FakeSpool()
    const { queue, take } = queueOn(spool)
    spool.full = true
    queue.add(kill(1))
    const first = queue.peek()
    spool.full = false
    queue.add(kill(2))
    if (first !== undefined) queue.done(first)
    expect([take(), take()]).toEqual(['kill.2', undefined])
  })

  it('is done with nothing else when a kill was given up while it was on its way', () => {
    const spool = new FakeSpool()
    const { queue, take } = queueOn(spool)
    for (const sequence of [1, 2]) queue.add(kill(sequence))
    const first = queue.peek()
    spool.kills.shift()
    if (first !== undefined) queue.done(first)
    expect([take(), take()]).toEqual(['kill.2', undefined])
  })
})
