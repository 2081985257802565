import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { FakeCgroups } from '../cgroup/fakeCgroups.testkit.ts'
import { HotCgroups } from './hotCgroups.ts'

const [A, B] = ['/kubepods/pod1/a', '/kubepods/pod1/b']

function watching(pidsInB = '21\n', mustRead = true) {
  const cgroups = new FakeCgroups({ [`${A}/cgroup.procs`]: '11\n0\n12\n', [`${B}/cgroup.procs`]: pidsInB })
  const looked: [number, string][] = []
  const lists: [string, number[]][] = []
  let turns = 0
  const hot = new HotCgroups({
    cgroups,
    look: (pid, path) => {
      looked.push([pid, path])
      return mustRead
    },
    onList: (path, pids) => void lists.push([path, [...pids]]),
    onTurn: () => void turns++,
    monotonicMs: () => performance.now(),
  })
  return { cgroups, looked, lists, hot, turns: () => turns }
}

describe('HotCgroups', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('looks at once where a kill was, and at nothing else', () => {
    const { looked, lists, hot } = watching()
    hot.killed([A])
    expect(lists).toEqual([[A, [11, 12]]])
    expect(looked).toEqual([
      [11, A],
      [12, A],
    ])
  })

  it('looks again each 16 ms, for a second after the last kill', () => {
    const { looked, hot, turns } = watching()
    hot.killed([B])
    jest.advanceTimersByTime(500)
    hot.killed([B])
    jest.advanceTimersByTime(20_000)
    expect(looked.length).toBeGreaterThanOrEqual(90)
    expect(looked.length).toBeLessThanOrEqual(96)
    expect(turns()).toBeGreaterThanOrEqual(370)
    expect(turns()).toBeLessThanOrEqual(376)
    expect(jest.getTimerCount()).toBe(0)
  })

  it('looks at each kill, and not again right after it has', () => {
    const { looked, hot } = watching()
    for (let kills = 0; kills < 10; kills++) {
      hot.killed([B])
      hot.killed([B])
      jest.advanceTimersByTime(3)
    }
    expect(looked.length).toBeGreaterThanOrEqual(10)
    expect(looked.length).toBeLessThanOrEqual(13)
    hot.stop()
  })

  it('looks less often where there is much to read: 200 processes take 5 ms of a core, 5 % of 100', () => {
    const many = Array.from({ length: 200 }, (_, at) => `${at + 1}\n`).join('')
    const looksOf = (mustRead: boolean) => {
      const { lists, hot } = watching(many, mustRead)
      for (let kills = 0; kills < 45; kills++) {
        hot.killed([B])
        jest.advanceTimersByTime(20)
      }
      hot.stop()
      return lists.length
    }
    expect(looksOf(true)).toBeLessThanOrEqual(10)
    expect(looksOf(false)).toBeGreaterThan(80)
  })

  it('forgets a cgroup that is gone, and one where nothing was killed for long', () => {
    const { cgroups, looked, hot } = watching()
    hot.killed([A, B])
    cgroups.remove(A)
    jest.advanceTimersByTime(100)
    expect(hot.size).toBe(1)
    jest.advanceTimersByTime(40_000)
    looked.length = 0
    hot.killed([])
    expect(looked).toEqual([])
  })

  it('keeps 64, those of the latest kills', () => {
    const { hot } = watching()
    hot.killed(Array.from({ length: 100 }, (_, at) => `/c/${at}`))
    hot.killed([A])
    expect(hot.size).toBeLessThanOrEqual(64)
    hot.stop()
  })
})
