import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import type { Pressure } from '../proc/pressure.ts'
import { ProcessWatch } from './processWatch.ts'

function watching() {
  const node = { busyMs: 5, waitedUsec: 0, fails: false, scans: 0, failures: 0 }
  const share = () => ({ avg10: 0, avg60: 0, avg300: 0, totalUsec: node.waitedUsec })
  const stop = new AbortController()
  const watch = new ProcessWatch({
    scan: {
      run: () => {
        if (node.fails) return Promise.reject(new Error('EMFILE'))
        node.scans++
        return Promise.resolve({ busyMs: node.busyMs, processCount: 1 })
      },
    },
    readPressure: (): Pressure => ({ some: share(), full: share() }),
    readMeminfo: () => ({}),
    onScanned: () => undefined,
    onFailure: () => node.failures++,
    monotonicMs: () => performance.now(),
  })
  const ended = watch.run(stop.signal)
  return { node, watch, stop, ended }
}

describe('ProcessWatch', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('scans at once, and each 30 s while all is calm', async () => {
    const { node, stop, ended } = watching()
    await jest.advanceTimersByTimeAsync(0)
    expect(node.scans).toBe(1)
    await jest.advanceTimersByTimeAsync(29_000)
    expect(node.scans).toBe(1)
    await jest.advanceTimersByTimeAsync(2_000)
    expect(node.scans).toBe(2)
    stop.abort()
    await ended
  })

  it('scans each second while tasks wait for memory, and seldom again after', async () => {
    const { node, stop } = watching()
    for (let seconds = 0; seconds < 10; seconds++) {
      node.waitedUsec += 100_000
      await jest.advanceTimersByTimeAsync(1_000)
    }
    expect(node.scans).toBeGreaterThanOrEqual(6)
    await jest.advanceTimersByTimeAsync(4_000)
    const { scans } = node
    await jest.advanceTimersByTimeAsync(20_000)
    expect(node.scans).toBe(scans)
    stop.abort()
  })

  it('scans at once after a kill, each second for 10 s, and each other second for 20 more', async () => {
    const { node, watch, stop } = watching()
    await jest.advanceTimersByTimeAsync(10_500)
    watch.killed()
    await jest.advanceTimersByTimeAsync(0)
    expect(node.scans).toBe(2)
    await jest.advanceTimersByTimeAsync(40_000)
    expect(node.scans).toBeGreaterThanOrEqual(20)
    expect(node.scans).toBeLessThan(26)
    stop.abort()
  })

  it('slows down with scans that are slow', async () => {
    const { node, watch, stop } = watching()
    node.busyMs = 200
    await jest.advanceTimersByTimeAsync(0)
    watch.killed()
    await jest.advanceTimersByTimeAsync(30_000)
    expect(node.scans).toBeLessThanOrEqual(4)
    stop.abort()
  })

  it('goes on after a scan that failed', async () => {
    const { node, stop } = watching()
    await jest.advanceTimersByTimeAsync(0)
    node.fails = true
    await jest.advanceTimersByTimeAsync(31_000)
    node.fails = false
    await jest.advanceTimersByTimeAsync(31_000)
    expect(node).toMatchObject({ failures: 1, scans: 2 })
    stop.abort()
  })

  it('ends at once when it is told to, and leaves no timer', async () => {
    const { stop, ended } = watching()
    await jest.advanceTimersByTimeAsync(500)
    stop.abort()
    await ended
    expect(jest.getTimerCount()).toBe(0)
  })
})
