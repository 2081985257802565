import { beforeEach, describe, expect, it } from '@jest/globals'
import type { KnownProcess } from './knownProcess.ts'
import { ProcessTable } from './processTable.ts'

const NOW_MS = Date.UTC(2026, 10, 23)
/** The machine has been up for 1,000 s. */
const CLOCK = { monotonicMs: NOW_MS, bootTicks: 100_000 }

/** Started when the machine had been up for 500 s. */
function processOf(changes: Partial<KnownProcess> = {}): KnownProcess {
  return {
    pid: 4711,
    startTicks: 50_000,
    command: 'app',
    parentPid: 1,
    uid: 0,
    oomScoreAdj: 0,
    rssPages: 100,
    memory: undefined,
    memoryRssPages: 100,
    cgroupPath: '/kubepods/pod1/c1',
    isCgroupSettled: true,
    threads: undefined,
    firstSeenMs: NOW_MS - 100,
    seenAtMs: NOW_MS,
    ...changes,
  }
}

/** Ticks of a process that was started so many seconds before now. */
const startedBefore = (seconds: number) => CLOCK.bootTicks - seconds * 100

let table: ProcessTable

/** One scan that sees these. */
function scan(nowMs: number, ...processes: KnownProcess[]): void {
  table.beginScan(nowMs)
  for (const process of processes) table.put({ ...process, seenAtMs: nowMs })
  table.endScan(new Set(processes.map(({ pid }) => pid)), nowMs)
}

const pidsIn = (cgroupPath: string | undefined, atMs = NOW_MS + 1) =>
  table.thereAt(atMs, cgroupPath).map(({ pid }) => pid)

const find = (pid = 4711, command = 'app', killedAtMs = NOW_MS) => table.find({ pid, command, killedAtMs }, CLOCK)

describe('ProcessTable', () => {
  beforeEach(() => {
    table = new ProcessTable()
    scan(NOW_MS - 60_000, processOf())
  })

  it('knows the process that a kill line names', () => {
    expect(find()).toMatchObject({ pid: 4711, cgroupPath: '/kubepods/pod1/c1' })
  })

  it('does not know one that calls itself otherwise: the pid may be another’s', () => {
    expect(find(4711, 'other')).toBeUndefined()
  })

  it('knows one that was born a moment before, whatever it made itself since: its pid cannot be another’s yet', () => {
    const born = { command: 'sh', startTicks: startedBefore(3), seenAtMs: NOW_MS - 2_500 }
    scan(NOW_MS - 2_500, processOf({ ...born, pid: 12 }), processOf({ pid: 13, command: 'sh' }))
    expect(find(12, 'tail', NOW_MS - 2_000)).toMatchObject({ pid: 12 })
    expect(find(12, 'tail', NOW_MS)).toBeUndefined()
    expect(find(13, 'tail', NOW_MS)).toBeUndefined()
  })

  it('knows one that was seen after the list of a scan was made', () => {
    table.beginScan(NOW_MS)
    table.put(processOf({ pid: 12, seenAtMs: NOW_MS + 1 }))
    table.endScan(new Set([4711]), NOW_MS + 5)
    expect(table.get(12)).toBeDefined()
  })

  it('knows one that was missed after the kill, and not one that was missed before', () => {
    scan(NOW_MS - 1_000)
    expect(find(4711, 'app', NOW_MS - 1_500)).toBeDefined()
    expect(find(4711, 'app', NOW_MS - 500)).toBeUndefined()
  })

  it('knows the one before, where the pid was given to another process since', () => {
    scan(NOW_MS - 1_000, processOf({ startTicks: startedBefore(2), command: 'next', seenAtMs: NOW_MS - 1_000 }))
    expect(find(4711, 'app', NOW_MS - 3_000)).toMatchObject({ startTicks: 50_000 })
    expect(find(4711, 'next')).toMatchObject({ command: 'next' })
  })

  it('does not take a process that was started after the kill, for a line that is read late', () => {
    scan(NOW_MS, processOf({ pid: 12, startTicks: startedBefore(5) }))
    expect(find(12, 'app', NOW_MS - 20_000)).toBeUndefined()
    expect(find(12, 'app', NOW_MS - 4_000)).toBeDefined()
  })

  it('does not take a process for the victim of a kill from before the first scan, unless it was there well before', () => {
    const before = NOW_MS - 60_000 - 5_000
    scan(
      NOW_MS,
      processOf({ pid: 12, startTicks: startedBefore(66) }),
      processOf({ pid: 13, startTicks: startedBefore(99) }),
    )
    expect(find(12, 'app', before)).toBeUndefined()
    expect(find(13, 'app', before)).toBeDefined()
  })

  it('knows a process by its thread, as long as its leader has ended', () => {
    const threads = new Map([
      [4712, 'gc'],
      [4713, 'io'],
    ])
    scan(NOW_MS, processOf({ threads }))
    expect(find(4713, 'io')).toMatchObject({ pid: 4711 })
    expect(find(4713, 'gc')).toBeUndefined()
    scan(NOW_MS, processOf())
    expect(find(4713, 'io')).toBeUndefined()
  })

  it('forgets those that ended long ago', () => {
    scan(NOW_MS - 50_000)
    expect(find(4711, 'app', NOW_MS - 55_000)).toBeDefined()
    scan(NOW_MS + 80_000)
    expect(find(4711, 'app', NOW_MS - 55_000)).toBeUndefined()
  })

  it('lists a cgroup with what is below it, and no other that begins the same', () => {
    const [below, beside] = [{ cgroupPath: '/kubepods/pod1/c1/init.scope' }, { cgroupPath: '/kubepods/pod1/c10' }]
    scan(NOW_MS, processOf(), processOf({ pid: 2, ...below }), processOf({ pid: 3, ...beside }))
    expect(pidsIn('/kubepods/pod1/c1')).toEqual([4711, 2])
    expect(pidsIn(undefined)).toHaveLength(3)
  })

  it('takes out of a cgroup who is no longer in its list, and still knows it for a kill from before', () => {
    scan(NOW_MS - 5_000, processOf(), processOf({ pid: 12 }), processOf({ pid: 13, cgroupPath: '/kubepods/pod1/c1/x' }))
    table.missFrom('/kubepods/pod1/c1', new Set([12]), NOW_MS)
    expect(pidsIn('/kubepods/pod1/c1')).toEqual([12, 13])
    // At the time of a kill from before it was there.
    expect(pidsIn('/kubepods/pod1/c1', NOW_MS)).toEqual([12, 13, 4711])
    expect(find()).toMatchObject({ pid: 4711 })
    table.put(processOf({ pid: 12, cgroupPath: '/moved' }))
    expect(pidsIn('/moved')).toEqual([12])
    expect(pidsIn('/kubepods/pod1/c1')).toEqual([13])
  })

  it('keeps so many and no more', () => {
    const many = Array.from({ length: 40_000 }, (_, pid) => processOf({ pid: pid + 1 }))
    scan(NOW_MS, ...many)
    expect(table.size).toBe(32_768)
    scan(NOW_MS)
    expect(table.size).toBe(0)
    scan(NOW_MS)
    expect(find(1)).toBeUndefined()
    expect(find(32_768)).toBeDefined()
  })
})
