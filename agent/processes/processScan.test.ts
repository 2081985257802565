import { describe, expect, it } from '@jest/globals'
import type { ProcFiles } from '../proc/processFiles.ts'
import { fakeProc, type FakeProcess } from '../rank/fakeProc.testkit.ts'
import { ProcessScan } from './processScan.ts'
import { ProcessTable } from './processTable.ts'

const NOW_MS = Date.UTC(2026, 10, 23)
const POD = '/kubepods/pod1/c1'

/** A node whose processes may change between scans, and what was read of it. */
function scanned() {
  const read: string[] = []
  const node = { files: fakeProc([]), statMs: 0, turns: 0, nowMs: NOW_MS }
  const counting: ProcFiles = {
    listPids: () => node.files.listPids(),
    listThreads: (pid) => node.files.listThreads(pid),
    readText: (path) => node.files.readText(path),
    readRecord: (path) => {
      read.push(path)
      if (path.endsWith('/stat')) node.nowMs += node.statMs
      return node.files.readRecord(path)
    },
  }
  const table = new ProcessTable()
  const scan = new ProcessScan(table, {
    files: counting,
    endTurn: () => {
      node.turns++
      node.nowMs += 1_000
      return Promise.resolve()
    },
    monotonicMs: () => node.nowMs,
  })
  const run = async (...processes: FakeProcess[]) => {
    node.nowMs += 30_000
    node.files = fakeProc(processes)
    read.length = 0
    return scan.run()
  }
  return { node, read, table, scan, run }
}

/** Not its turn to be read again at the first scans. */
const APP = { pid: 100, oomScore: 0, cgroup: POD }

describe('ProcessScan', () => {
  it('reads all of a process that is new, and then only what may have changed', async () => {
    const { table, read, run } = scanned()
    await run(APP)
    expect(table.get(100)).toMatchObject({ command: 'app', cgroupPath: POD, memory: { rssKib: 1024 }, rssPages: 256 })
    expect(read).toEqual(['100/stat', '100/oom_score_adj', '100/status', '100/cgroup'])
    // Once more, since one that starts may be moved.
    await run(APP)
    expect(read).toContain('100/cgroup')
    await run({ ...APP, oomScoreAdj: 500 })
    expect(read).toEqual(['100/stat', '100/oom_score_adj'])
    expect(table.get(100)).toMatchObject({ oomScoreAdj: 500 })
  })

  it('reads the kinds of memory again when there is much more or less of it', async () => {
    const { table, read, run } = scanned()
    await run(APP)
    await run(APP)
    await run({ ...APP, rssKib: 1_100 })
    expect(read).not.toContain('100/status')
    await run({ ...APP, rssKib: 4_096 })
    expect(read).toContain('100/status')
    expect(table.get(100)?.memory?.rssKib).toBe(4_096)
  })

  it('reads the cgroup again of a process that calls itself otherwise, and now and then of each', async () => {
    const { table, run } = scanned()
    await run(APP)
    await run(APP)
    await run({ ...APP, cgroup: '/moved' })
    expect(table.get(100)?.cgroupPath).toBe(POD)
    await run({ ...APP, cgroup: '/moved', command: 'execd' })
    expect(table.get(100)?.cgroupPath).toBe('/moved')
    for (let scans = 0; scans < 16; scans++) await run({ ...APP, cgroup: '/again', command: 'execd' })
    expect(table.get(100)?.cgroupPath).toBe('/again')
  })

  it('does not rely on a place before a process has been there for a while', async () => {
    const { node, table, scan, run } = scanned()
    await run(APP)
    expect(table.get(100)?.isCgroupSettled).toBe(false)
    node.nowMs += 4_000
    await scan.run()
    expect(table.get(100)?.isCgroupSettled).toBe(false)
    await run(APP)
    expect(table.get(100)?.isCgroupSettled).toBe(true)
    for (let scans = 0; scans < 16; scans++) await run({ ...APP, cgroup: '/moved', command: 'execd' })
    expect(table.get(100)).toMatchObject({ cgroupPath: '/moved', isCgroupSettled: true })
  })

  it('takes a process whose cgroup is told by its list of processes, until it is well known', async () => {
    const { node, read, table, scan, run } = scanned()
    await run(APP)
    node.files = fakeProc([APP, { ...APP, pid: 200, cgroup: '/' }])
    scan.look(200, POD)
    scan.look(7, POD)
    expect(table.get(200)).toMatchObject({ cgroupPath: POD, command: 'app' })
    read.length = 0
    node.nowMs += 3_000
    scan.look(200, POD)
    expect(read).toEqual([])
  })

  it('keeps the place of one that is ending, which on cgroup v1 tells the root', async () => {
    const { table, run } = scanned()
    await run(APP)
    for (let scans = 0; scans < 16; scans++) await run({ ...APP, cgroup: '/' })
    expect(table.get(100)?.cgroupPath).toBe(POD)
  })

  it('takes a pid that was given away for another process', async () => {
    const { table, run } = scanned()
    await run({ ...APP, startTicks: 5 })
    await run({ ...APP, startTicks: 6, cgroup: '/' })
    expect(table.get(100)).toMatchObject({ startTicks: 6, cgroupPath: undefined })
  })

  it('asks a thread where the leader has ended', async () => {
    const { table, read, run } = scanned()
    await run({ ...APP, isZombie: true, threads: [101, 102] })
    expect(read).toContain('101/cgroup')
    expect([...(table.get(100)?.threads?.keys() ?? [])]).toEqual([101, 102])
    expect(table.get(100)).toMatchObject({ cgroupPath: POD, memory: { rssKib: 1024 } })
  })

  it('keeps what a process had that is ending: the kernel chose it by that', async () => {
    const { node, table, scan, run } = scanned()
    await run({ ...APP, rssKib: 8_192 })
    await run({ ...APP, rssKib: null, isZombie: true })
    expect(table.get(100)).toMatchObject({ rssPages: 2_048, memory: { rssKib: 8_192 } })
    node.files = fakeProc([{ ...APP, rssKib: null }])
    scan.look(100, POD)
    expect(table.get(100)).toMatchObject({ rssPages: 2_048 })
  })

  it('passes over threads of the kernel, until their pid is a process’s', async () => {
    const { table, read, run } = scanned()
    await run({ ...APP, isKernelThread: true })
    await run({ ...APP, isKernelThread: true })
    expect(read).toEqual([])
    for (let scans = 0; scans < 16; scans++) await run(APP)
    expect(table.get(100)).toBeDefined()
  })

  it('lets others have their turn between slices of 50, and says what the slices took', async () => {
    const { node, run } = scanned()
    node.statMs = 3
    const { busyMs, processCount } = await run(...Array.from({ length: 120 }, (_, at) => ({ ...APP, pid: at + 1 })))
    expect({ turns: node.turns, busyMs, processCount }).toEqual({ turns: 2, busyMs: 360, processCount: 120 })
  })

  it('reads no more than the cheapest where a slice takes long', async () => {
    const { node, read, run } = scanned()
    const all = Array.from({ length: 120 }, (_, at) => ({ ...APP, pid: at + 1 }))
    await run(...all)
    await run(...all)
    node.statMs = 2
    await run(...all.map((process) => ({ ...process, rssKib: 8_192 })))
    expect(read.filter((path) => path.endsWith('/status'))).toHaveLength(50)
  })
})
