import { beforeEach, describe, expect, it } from '@jest/globals'
import type { OomDump } from '#kernel/dump/oomDump.ts'
import type { OomKill } from '#kernel/event/oomEvent.ts'
import { FakeCgroups } from '../cgroup/fakeCgroups.testkit.ts'
import { ProcessScan } from '../processes/processScan.ts'
import { ProcessTable } from '../processes/processTable.ts'
import { readMachine } from '../rank/readTask.ts'
import { fakeProc, type FakeProcess } from '../rank/fakeProc.testkit.ts'
import { Foreseer } from './foreseer.ts'

const NOW_MS = Date.UTC(2026, 10, 23)
const POD = '/kubepods/burstable/pod0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const HERE = `${POD}/${'ab'.repeat(32)}`
const place = { source: 'cache', cgroupPath: HERE } as const

const PROCESSES: readonly FakeProcess[] = [
  { pid: 500, oomScore: 700, rssKib: 20_480, cgroup: HERE },
  { pid: 501, oomScore: 700, rssKib: 40_960, cgroup: `${POD}/other` },
  { pid: 502, oomScore: 700, rssKib: 81_920, cgroup: '/system.slice/db.service' },
]
const cgroups = new FakeCgroups({ [`${HERE}/memory.max`]: 'max\n', [`${POD}/memory.max`]: '67108864\n' })

const MEMCG = 'Memory cgroup out of memory'
const kill: OomKill = {
  sequence: 9,
  monotonicUsec: 5,
  eventSequence: 9,
  rawLines: [],
  outcome: 'killed',
  victim: { pid: 501, command: 'app' },
  message: MEMCG,
}
const dumpOf = (oom: string | undefined): OomDump => ({
  cgroup: { oom, limitKib: 65_536 },
  constraint: oom === undefined ? 'None' : 'Memcg',
  tasks: [],
  memoryLines: [],
})

let table: ProcessTable

function foreseer(seesKernelPids = true): Foreseer {
  const files = fakeProc(PROCESSES)
  const readClock = () => ({ monotonicMs: NOW_MS, bootTicks: 100_000 })
  return new Foreseer({ table, files, cgroups, readClock, machine: readMachine(files), seesKernelPids })
}

beforeEach(async () => {
  table = new ProcessTable()
  const ports = { files: fakeProc(PROCESSES), endTurn: () => Promise.resolve() }
  await new ProcessScan(table, { ...ports, monotonicMs: () => NOW_MS - 1_000 }).run()
})

describe('Foreseer', () => {
  it('foresees within the cgroup whose limit the dump tells', () => {
    expect(foreseer().foresee({ ...kill, dump: dumpOf(POD) }, place, NOW_MS)).toMatchObject({
      cgroupPath: POD,
      processCount: 2,
      outcome: 'hit',
    })
  })

  it('foresees among all of the node where the machine’s memory ran out', () => {
    const machine = { processCount: 3, outcome: 'miss', victimRank: 2 }
    expect(foreseer().foresee({ ...kill, dump: dumpOf(undefined) }, place, NOW_MS)).toMatchObject(machine)
    expect(foreseer().foresee({ ...kill, message: 'Out of memory' }, place, NOW_MS)).toMatchObject(machine)
  })

  it('takes for a line alone the limit that the victim’s cgroup meets first', () => {
    expect(foreseer().foresee(kill, place, NOW_MS)).toMatchObject({ cgroupPath: POD, processCount: 2 })
  })

  it('foresees within the victim’s own cgroup where no limit is to be found', () => {
    const elsewhere = { source: 'cache', cgroupPath: '/system.slice/db.service' } as const
    expect(foreseer().foresee(kill, elsewhere, NOW_MS)).toMatchObject({ cgroupPath: elsewhere.cgroupPath })
  })

  it('does not take for foreseen whom it has seen since the kill only', () => {
    const before = foreseer().foresee({ ...kill, dump: dumpOf(POD) }, place, NOW_MS - 1_000)
    expect(before).toMatchObject({ candidates: [], missReason: 'unseen' })
  })

  it('says of a victim that it has seen since the kill only that it was unseen, among those that it had seen', async () => {
    table = new ProcessTable()
    const scanAt = (nowMs: number, processes: readonly FakeProcess[]) =>
      new ProcessScan(table, {
        files: fakeProc(processes),
        endTurn: () => Promise.resolve(),
        monotonicMs: () => nowMs,
      }).run()
    await scanAt(NOW_MS - 2_000, PROCESSES.slice(0, 1))
    await scanAt(NOW_MS, PROCESSES)
    const foresight = foreseer().foresee({ ...kill, dump: dumpOf(POD) }, place, NOW_MS - 1_000)
    expect(foresight).toMatchObject({
      processCount: 1,
      outcome: 'miss',
      missReason: 'unseen',
      candidates: [{ pid: 500 }],
    })
    expect(foresight).not.toHaveProperty('victimRank', expect.anything())
  })

  it('says nothing of those whom nobody chose, of a place that is not known, and of what it cannot have seen', () => {
    expect(foreseer().foresee({ ...kill, groupCgroup: HERE }, place, NOW_MS)).toBeUndefined()
    expect(foreseer().foresee(kill, undefined, NOW_MS)).toBeUndefined()
    expect(foreseer().foresee(kill, place, NOW_MS - 60_000)).toBeUndefined()
    expect(foreseer(false).foresee(kill, place, NOW_MS)).toBeUndefined()
  })
})
