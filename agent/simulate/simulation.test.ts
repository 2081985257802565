import { describe, expect, it } from '@jest/globals'
import type { LiveTask } from '../rank/liveTask.ts'
import { compareKills } from './compare.ts'
import { applyChanges, parseScoreChanges } from './scoreChange.ts'
import { simulateKills, type SimulatedDomain } from './simulation.ts'

const MIB = 1024
const CONTAINER = 'c'.repeat(64)

function task(pid: number, given: Partial<LiveTask> = {}): LiveTask {
  const { anonRssKib = 10 * MIB } = given
  return {
    pid,
    command: `p${pid}`,
    uid: 0,
    oomScore: 700,
    oomScoreAdj: 0,
    rssKib: anonRssKib + 2 * MIB,
    anonRssKib,
    fileRssKib: 2 * MIB,
    shmemRssKib: 0,
    swapKib: 0,
    vmSizeKib: 0,
    pgtablesKib: 0,
    startTicks: pid,
    cgroupPath: undefined,
    podUid: undefined,
    containerId: undefined,
    ...given,
  }
}

function domain(tasks: readonly LiveTask[], given: Partial<SimulatedDomain> = {}): SimulatedDomain {
  const machine = { kernelRelease: '6.18.0', pageSizeKib: 4, totalKib: 1000 * MIB, swapTotalKib: 0 }
  return { machine, totalKib: 1000 * MIB, tasks, groupOf: () => undefined, ...given }
}

const pidsOf = (asked: SimulatedDomain, untilKib?: number) =>
  simulateKills(asked, untilKib).kills.map(({ victim }) => victim.pid)

describe('simulateKills', () => {
  const tasks = [
    task(10, { anonRssKib: 50 * MIB }),
    task(11, { oomScoreAdj: 100 }),
    task(12, { anonRssKib: 200 * MIB, oomScoreAdj: -500 }),
    task(13, { anonRssKib: 60 * MIB, swapKib: 10 * MIB, pgtablesKib: MIB }),
  ]

  it('takes them in the order of the kernel’s points, a score being a share of the total', () => {
    expect(pidsOf(domain(tasks))).toEqual([11, 13, 10, 12])
    // A container of 100 MiB: the same score weighs a tenth.
    expect(pidsOf(domain(tasks, { totalKib: 100 * MIB }))).toEqual([12, 13, 10, 11])
    expect(pidsOf(domain(tasks, { totalKib: undefined }))).toEqual([12, 13, 10, 11])
  })

  it('goes on until so much is free, counting anonymous memory, swap and page tables', () => {
    const { kills, reached } = simulateKills(domain(tasks), 80 * MIB)
    expect(kills.map(({ victim, freesKib, freedKib }) => [victim.pid, freesKib, freedKib])).toEqual([
      [11, 10 * MIB, 10 * MIB],
      [13, 71 * MIB, 81 * MIB],
    ])
    expect(reached).toBe(true)
  })

  it('says when all are gone and it is not enough', () => {
    expect(simulateKills(domain(tasks), 10_000 * MIB)).toMatchObject({ reached: false, kills: [{}, {}, {}, {}] })
    expect(simulateKills(domain([]), 1)).toEqual({ reached: false, kills: [] })
    expect(simulateKills(domain([]), undefined)).toEqual({ reached: true, kills: [] })
  })

  it('takes a cgroup with memory.oom.group as a whole, at the place of its first', () => {
    const group = [
      task(20, { cgroupPath: '/pod/a', anonRssKib: 90 * MIB }),
      task(21, { cgroupPath: '/pod/a/init', anonRssKib: MIB }),
      task(22, { cgroupPath: '/pod/ab', anonRssKib: 95 * MIB }),
      task(23, { cgroupPath: '/pod/a', anonRssKib: 2 * MIB }),
    ]
    const groupOf = (path: string) => (path.startsWith('/pod/a/') || path === '/pod/a' ? '/pod/a' : undefined)
    const { kills } = simulateKills(domain([...tasks, ...group], { groupOf }), 180 * MIB)
    expect(kills.map(({ victim, others }) => [victim.pid, ...others.map(({ pid }) => pid)])).toEqual([
      [11],
      [22],
      [20, 23, 21],
    ])
    expect(kills.at(-1)?.freedKib).toBe((10 + 95 + 93) * MIB)
  })

  it('leaves out whose memory cannot be told', () => {
    expect(pidsOf(domain([task(10, { rssKib: undefined }), task(11)]))).toEqual([11])
  })
})

describe('another score', () => {
  const tasks = [
    task(10, { anonRssKib: 100 * MIB, command: 'db' }),
    task(11, { anonRssKib: 50 * MIB, command: 'web', containerId: CONTAINER }),
    task(12, { anonRssKib: 40 * MIB, command: 'web', podUid: '0'.repeat(32) }),
  ]

  it.each([
    ['db=-500', [11, 12, 10]],
    ['10=-500,12=900', [12, 11, 10]],
    [`${CONTAINER.slice(0, 12)}=900`, [11, 10, 12]],
    [`${'0'.repeat(32)}=900`, [12, 10, 11]],
    // Of several that mean a process, the last counts; −1000 is never taken.
    ['web=900,11=-1000', [12, 10]],
    ['nobody=900', [10, 11, 12]],
  ])('%s makes the order %j', (text, order) => {
    const changes = parseScoreChanges(text) ?? []
    expect(pidsOf(domain(applyChanges(tasks, changes).tasks))).toEqual(order)
  })

  it('tells whom it means', () => {
    const changes = parseScoreChanges('web=1,nobody=2') ?? []
    expect([...applyChanges(tasks, changes).meant.values()]).toEqual([[11, 12], []])
  })

  it.each(['', 'web', 'web=', '=5', 'web=1001', 'web=-1001', 'web=1.5', 'web=5,', 'web=99999'])(
    'takes %j for none',
    (text) => expect(parseScoreChanges(text)).toBeUndefined(),
  )

  it('reads a command with an equals sign in it', () => {
    expect(parseScoreChanges('a=b=-7')).toEqual([{ name: 'a=b', oomScoreAdj: -7 }])
  })

  it('tells who dies earlier, later, instead, or lives', () => {
    const before = simulateKills(domain(tasks), 120 * MIB)
    const after = simulateKills(domain(applyChanges(tasks, [{ name: 'db', oomScoreAdj: -500 }]).tasks), 80 * MIB)
    expect(compareKills(before, after)).toEqual([
      { pid: 11, command: 'web', before: 2, after: 1 },
      { pid: 12, command: 'web', before: undefined, after: 2 },
      { pid: 10, command: 'db', before: 1, after: undefined },
    ])
    expect(compareKills(before, before)).toEqual([])
  })
})
